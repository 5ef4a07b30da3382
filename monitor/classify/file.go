package classify

// File is a categories file as it is written; configs/categories.yaml is the built-in one and holds the manual.
type File struct {
	Categories []Category `yaml:"categories"`
	Routine    Routine    `yaml:"routine"`
	Ignore     []string   `yaml:"ignore"` // phrases that are evidence for nothing: no term may rest on their words
}

// Category is one entry of a categories file. The entry "other" has no rules: it is given when no other entry is.
type Category struct {
	ID      string `yaml:"id"`
	Label   Label  `yaml:"label"`
	Routine bool   `yaml:"routine"` // a filing with nothing but routine categories is routine
	Urgent  bool   `yaml:"urgent"`  // goes first in a channel's queue, and is listened for on routine filings too
	Deal    bool   `yaml:"deal"`    // silent where the filing denies a rumour: what is denied is no deal

	Subjects   []string `yaml:"subjects"`    // names of KAP's forms, matched by folded prefix; the longest name of all wins
	Terms      []string `yaml:"terms"`       // looked for in the summary, and in the name of a form that no entry knows
	Weak       []string `yaml:"weak"`        // the same, but too general to stand against Yields and WeakYields
	Body       []string `yaml:"body"`        // looked for in the opening of the body; absent = the same as Terms, [] = never
	Ignore     []string `yaml:"ignore"`      // phrases whose words are no evidence for this entry
	Unless     []string `yaml:"unless"`      // the entry is silent where one of these stands anywhere in the filing
	Yields     []string `yaml:"yields"`      // ids of entries that this one gives way to, unless its Terms spoke in the summary and they only in the body
	WeakYields []string `yaml:"weak_yields"` // ids of entries that it gives way to as well, unless its Terms spoke in the summary
}

// Label is a name in both languages.
type Label struct {
	TR string `yaml:"tr"`
	EN string `yaml:"en"`
}

// Routine lists what is routine unless something else speaks in a filing.
type Routine struct {
	Subjects []string `yaml:"subjects"`
	Terms    []string `yaml:"terms"`
}

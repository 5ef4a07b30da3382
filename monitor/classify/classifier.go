package classify

// File is a categories file as it is written; see configs/categories.yaml for the manual.
type File struct {
	Categories []Category `yaml:"categories"`
	Routine    Routine    `yaml:"routine"`
}

// Category is one entry of a categories file.
type Category struct {
	ID       string   `yaml:"id"`
	Label    Label    `yaml:"label"`
	Routine  bool     `yaml:"routine"`
	Urgent   bool     `yaml:"urgent"`
	Subjects []string `yaml:"subjects"`
	Terms    []string `yaml:"terms"`
	Unless   []string `yaml:"unless"`
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

// Classifier applies one categories file. It is safe for concurrent use.
type Classifier struct{ file File }

// New compiles f. The error joins every fault.
func New(f File) (*Classifier, error) { return &Classifier{f}, nil }

// Classify tells what t is about.
func (c *Classifier) Classify(t Text) Result { return Result{} }

// Categories lists the ids in the order of the file.
func (c *Classifier) Categories() []string { return nil }

// Label names a category in a language, "tr" or "en"; an unknown id is its own label.
func (c *Classifier) Label(id, language string) string { return id }

// Qualifiers lists the ids of every qualifier.
func Qualifiers() []string { return nil }

// QualifierLabel names a qualifier in a language, "tr" or "en".
func QualifierLabel(id, language string) string { return id }

package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"kapwatch/monitor/classify"
)

// completes has the shell offer what names gives for the value of a flag. It is asked after the other flags have
// been read, --config among them; where there is nothing to say it offers nothing.
func (a *app) completes(c *cobra.Command, flag string, names func() []string) {
	err := c.RegisterFlagCompletionFunc(flag, func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return names(), cobra.ShellCompDirectiveNoFileComp
	})
	if err != nil {
		panic(fmt.Sprintf("complete --%s: %v", flag, err)) // a flag that the command does not have
	}
}

// routeNames are the routes of the configuration.
func (a *app) routeNames() (names []string) {
	cfg, _, err := ReadConfig(a.config, a.getenv)
	if err != nil {
		return nil
	}
	for _, r := range cfg.Routes {
		names = append(names, r.Name)
	}
	return names
}

// categoryIDs are the categories of the rules in force.
func (a *app) categoryIDs() []string {
	cfg, _, err := ReadConfig(a.config, a.getenv)
	if err != nil {
		return nil
	}
	rules, err := cfg.Classifier()
	if err != nil {
		return nil
	}
	return rules.Categories()
}

// fixed offers the same words always.
func fixed(words ...string) func() []string { return func() []string { return words } }

// completesFilters is for the flags of filterFlags.
func (a *app) completesFilters(c *cobra.Command) {
	a.completes(c, "category", a.categoryIDs)
	a.completes(c, "class", fixed("FR", "ODA", "DG", "DUY", "FON"))
	a.completes(c, "qualifier", classify.Qualifiers)
	a.completes(c, "order", fixed("desc", "asc"))
	for _, flag := range []string{"ticker", "q", "since", "until"} {
		a.completes(c, flag, fixed())
	}
}

package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"kapwatch/monitor"
)

func (a *app) testAlertCommand() *cobra.Command {
	var name string
	c := &cobra.Command{
		Use: "test-alert --route NAME", Short: "Send a marked sample to a route", Args: cobra.NoArgs,
		Example: "  kapwatch test-alert --route energy",
	}
	c.Flags().StringVar(&name, "route", "", "the route to try")
	a.completes(c, "route", a.routeNames)
	c.RunE = func(c *cobra.Command, _ []string) error {
		cfg, err := a.load()
		if err != nil {
			return err
		}
		var names []string
		for _, r := range cfg.Routes {
			names = append(names, r.Name)
		}
		if name == "" {
			return usage(fmt.Sprintf("name one of %q with --route", names), "no route is named")
		}
		log, err := a.logger()
		if err != nil {
			return err
		}
		p, err := a.build(cfg, log, nil, time.Now, nil, a.stdout)
		if err != nil {
			return err
		}
		for _, r := range p.config.Routes {
			if r.Name != name {
				continue
			}
			f := sample(time.Now())
			found := p.config.Rules.Classify(monitor.Text(f))
			o := p.config.Sample(c.Context(), monitor.Record{Filing: f, Found: found}, r, time.Now())
			if o.Result != monitor.ResultSent {
				return &hinted{fmt.Errorf("send a sample to route %q: %w", name, o.Err), "look at the route's target and token in the configuration, then: kapwatch check", 0}
			}
			_, err := fmt.Fprintf(a.stderr, "kapwatch: sample sent to route %q\n", name)
			return err
		}
		return usage(meant(name, names), "there is no route %q", name)
	}
	return c
}

// sample is an invented filing; its index is no filing of KAP's.
func sample(at time.Time) monitor.Filing {
	return monitor.Filing{
		Index: 1, PublishedAt: at, SeenAt: at, Company: "ÖRNEK ENERJİ ÜRETİM A.Ş.", Tickers: []string{"ORNEK"},
		Class: "ODA", Type: "ODA", Group: "ODA", Subject: "Özel Durum Açıklaması (Genel)",
		Summary: "500 MW doğal gaz santrali için bağlayıcı olmayan mutabakat zaptı (MoU) imzalanması",
	}
}

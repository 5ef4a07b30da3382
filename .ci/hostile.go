//go:build ignore

// Prints the hostile titles that every test shares, as a JSON array, for page.mjs: go run .ci/hostile.go
package main

import (
	"encoding/json"
	"log"
	"os"

	"kapwatch/monitor/kap/kapsim"
)

func main() {
	if err := json.NewEncoder(os.Stdout).Encode(kapsim.Hostile()); err != nil {
		log.Fatal(err)
	}
}

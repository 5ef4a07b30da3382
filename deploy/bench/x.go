package main

import (
	_ "kapwatch/store"
	_ "modernc.org/sqlite"
)

func main() {}

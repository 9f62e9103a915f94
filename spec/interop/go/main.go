// Command go-suite drives a broker with the official Go client.
//
//	go-suite record SERVICE_URL CONVERSATION   one short conversation, for record.mjs
package main

import (
	"fmt"
	"os"
)

func main() {
	if len(os.Args) > 3 && os.Args[1] == "record" {
		record(os.Args[2], os.Args[3])
		return
	}
	fmt.Fprintln(os.Stderr, "usage: go-suite record SERVICE_URL CONVERSATION")
	os.Exit(2)
}

// Command go-suite drives a broker with the official Go client.
//
//	go-suite run --service-url URL --admin-url URL [--control-url URL] [--only TEXT] ...
//	go-suite record SERVICE_URL CONVERSATION   one short conversation, for record.mjs
//	go-suite work SERVICE_URL SEED             a pipeline of transactions, for pipeline/run.mjs
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"runtime/debug"
	"strings"
	"sync"
	"time"
)

func main() {
	switch {
	case len(os.Args) > 1 && os.Args[1] == "run":
		os.Exit(runSuite(os.Args[2:]))
	case len(os.Args) == 4 && os.Args[1] == "record":
		record(os.Args[2], os.Args[3])
	case len(os.Args) == 4 && os.Args[1] == "work":
		workPipeline(os.Args[2], os.Args[3])
	default:
		fmt.Fprintln(os.Stderr, "usage: go-suite run FLAGS | record SERVICE_URL NAME | work SERVICE_URL SEED")
		os.Exit(2)
	}
}

type settings struct {
	serviceURL, adminURL, controlURL, run, only, groups, log string
	lanes                                                    int
}

// A scenario asserts what must hold (it panics when it does not) and observes facts.
type scenario struct {
	name        string
	body        func(t *stage)
	alone       bool // runs after the others, by itself
	needsSwitch bool // kills the broker or breaks its network
	deadline    time.Duration
}

var groups = map[string][]scenario{
	"produce":      produceScenarios,
	"encryption":   encryptionScenarios,
	"topics":       topicScenarios,
	"subscription": subscriptionScenarios,
	"key_shared":   keySharedScenarios,
	"ack":          ackScenarios,
	"position":     positionScenarios,
	"compaction":   compactionScenarios,
	"combined":     combinedScenarios,
	"restart":      restartScenarios,
	"schema":       schemaScenarios,
	"admin":        adminScenarios,
	"rates":        rateScenarios,
	"transaction":  transactionScenarios,
	"delayed":      delayedScenarios,
	"credentials":  credentialScenarios,
	"scaler":       scalerScenarios,
	"permissions":  permissionScenarios,
}

const defaultGroups = "produce,combined,encryption,topics,subscription,key_shared,ack,position," +
	"compaction,schema,admin,rates,delayed,credentials,scaler,restart,transaction,permissions"

type result struct {
	Scenario string         `json:"scenario"`
	Status   string         `json:"status"`
	Error    string         `json:"error,omitempty"`
	Ms       int64          `json:"ms"`
	Facts    map[string]any `json:"facts"`
}

func runSuite(args []string) int {
	options := settings{}
	flags := flag.NewFlagSet("run", flag.ExitOnError)
	flags.StringVar(&options.serviceURL, "service-url", "", "the broker")
	flags.StringVar(&options.adminURL, "admin-url", "", "its REST interface")
	flags.StringVar(&options.controlURL, "control-url", "", "the switch over its process")
	flags.StringVar(&options.run, "run", "", "part of every topic's name")
	flags.StringVar(&options.only, "only", "", "text that the scenario's name must contain")
	flags.StringVar(&options.groups, "groups", defaultGroups, "groups of scenarios")
	flags.StringVar(&options.log, "log", os.DevNull, "where the client writes")
	flags.IntVar(&options.lanes, "lanes", 4, "scenarios at a time")
	check(flags.Parse(args))
	openLog(options.log)

	var together, alone []scenario
	for _, group := range strings.Split(options.groups, ",") {
		for _, each := range groups[group] {
			each.name = group + "." + each.name
			switch {
			case !strings.Contains("go."+each.name, options.only):
			case each.needsSwitch && options.controlURL == "":
			case each.alone:
				alone = append(alone, each)
			default:
				together = append(together, each)
			}
		}
	}
	failed := runInLanes(together, options)
	for _, each := range alone {
		failed += runOne(each, options)
	}
	return min(failed, 1)
}

func runInLanes(scenarios []scenario, options settings) int {
	queue := make(chan scenario, len(scenarios))
	for _, each := range scenarios {
		queue <- each
	}
	close(queue)
	var lanes sync.WaitGroup
	var lock sync.Mutex
	failed := 0
	for i := 0; i < options.lanes; i++ {
		lanes.Add(1)
		go func() {
			defer lanes.Done()
			for each := range queue {
				outcome := runOne(each, options)
				lock.Lock()
				failed += outcome
				lock.Unlock()
			}
		}()
	}
	lanes.Wait()
	return failed
}

var output sync.Mutex

// runOne runs a scenario under its deadline; one that hangs is left behind.
func runOne(each scenario, options settings) int {
	if each.deadline == 0 {
		each.deadline = time.Minute
	}
	t := newStage(each.name, options)
	started := time.Now()
	outcome := make(chan string, 1)
	go func() {
		defer t.close()
		defer func() {
			if problem := recover(); problem != nil {
				outcome <- describe(problem, string(debug.Stack()))
				return
			}
			outcome <- ""
		}()
		each.body(t)
	}()
	line := result{Scenario: "go." + each.name, Status: "passed"}
	select {
	case line.Error = <-outcome:
	case <-time.After(each.deadline):
		line.Error = fmt.Sprintf("did not end within %s, after: %s", each.deadline, t.lastStep())
	}
	if line.Error != "" {
		line.Status = "failed"
	}
	line.Ms = time.Since(started).Milliseconds()
	line.Facts = t.knownFacts()
	output.Lock()
	check(json.NewEncoder(os.Stdout).Encode(line))
	output.Unlock()
	if line.Error != "" {
		return 1
	}
	return 0
}

// describe says what failed and where in a scenario.
func describe(problem any, stack string) string {
	where := "?"
	for _, line := range strings.Split(stack, "\n") {
		file := strings.TrimSpace(line)
		if strings.Contains(file, "/interop/go/") && !strings.Contains(file, "/main.go") &&
			!strings.Contains(file, "/stage.go") && !strings.Contains(file, "/record.go") {
			where = strings.Fields(file[strings.LastIndex(file, "/")+1:])[0]
			break
		}
	}
	text := fmt.Sprintf("%v at %s", problem, where)
	return text[:min(len(text), 700)]
}

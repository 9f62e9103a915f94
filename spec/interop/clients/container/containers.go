// Package testcontainers stands for the library of that name, where there are no containers: what is
// started is a broker as a process of this machine, by the command that BROKER_COMMAND holds (a
// JSON list; PORT and HTTP_PORT in it are replaced, DATA by a fresh folder). It has just what the
// Go client's tests use.
package testcontainers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/testcontainers/testcontainers-go/wait"
)

// How long a broker may take until it answers.
const startTimeout = 30 * time.Second

// ContainerRequest says what is wanted; here it is always a broker, on free ports.
type ContainerRequest struct {
	Name               string
	Image              string
	ExposedPorts       []string
	WaitingFor         wait.Strategy
	HostConfigModifier func(*container.HostConfig)
	Cmd                []string
}

// GenericContainerRequest is a request and how to carry it out.
type GenericContainerRequest struct {
	ContainerRequest
	Started bool
	Reuse   bool
}

// Container is a broker that runs.
type Container struct {
	process *exec.Cmd
	data    string
	ports   map[string]string
}

// GenericContainer starts a broker and waits until it answers.
func GenericContainer(ctx context.Context, _ GenericContainerRequest) (*Container, error) {
	data, err := os.MkdirTemp("", "clients-container-")
	if err != nil {
		return nil, err
	}
	port, httpPort, err := freePorts()
	if err != nil {
		return nil, err
	}
	command, err := brokerCommand(strings.NewReplacer("HTTP_PORT", httpPort, "PORT", port, "DATA", data))
	if err != nil {
		return nil, err
	}
	c := &Container{
		process: exec.Command(command[0], command[1:]...),
		data:    data,
		ports:   map[string]string{"6650": port, "8080": httpPort},
	}
	if err := c.process.Start(); err != nil {
		return nil, err
	}
	return c, c.ready(ctx, "http://localhost:"+httpPort+"/admin/v2/brokers/health")
}

// PortEndpoint is the address at which the broker's port is reached.
func (c *Container) PortEndpoint(_ context.Context, port, scheme string) (string, error) {
	return scheme + "://localhost:" + c.ports[port], nil
}

// Stop ends the broker.
func (c *Container) Stop(_ context.Context, _ *time.Duration) error {
	if c.process.ProcessState != nil {
		return nil
	}
	if err := c.process.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	if err := c.process.Wait(); err != nil && c.process.ProcessState == nil {
		return err
	}
	return nil
}

// Terminate ends the broker and throws away what it stored.
func (c *Container) Terminate(ctx context.Context) error {
	return errors.Join(c.Stop(ctx, nil), os.RemoveAll(c.data))
}

func (c *Container) ready(ctx context.Context, url string) error {
	for deadline := time.Now().Add(startTimeout); time.Now().Before(deadline); {
		if answer, err := http.Get(url); err == nil {
			answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				return nil
			}
		}
		time.Sleep(50 * time.Millisecond)
	}
	return errors.Join(fmt.Errorf("no broker after %v", startTimeout), c.Terminate(ctx))
}

func brokerCommand(names *strings.Replacer) ([]string, error) {
	var command []string
	if err := json.Unmarshal([]byte(os.Getenv("BROKER_COMMAND")), &command); err != nil {
		return nil, fmt.Errorf("BROKER_COMMAND: %w", err)
	}
	for i, part := range command {
		command[i] = names.Replace(part)
	}
	return command, nil
}

func freePorts() (string, string, error) {
	first, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		return "", "", err
	}
	defer first.Close()
	second, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		return "", "", err
	}
	defer second.Close()
	return portOf(first), portOf(second), nil
}

func portOf(listener net.Listener) string {
	return strconv.Itoa(listener.Addr().(*net.TCPAddr).Port)
}

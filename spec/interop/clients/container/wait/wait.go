// Package wait stands for testcontainers' own: a broker is waited for in any case.
package wait

// Strategy says when a container counts as started.
type Strategy struct{}

// ForExposedPort waits until the container listens.
func ForExposedPort() Strategy { return Strategy{} }

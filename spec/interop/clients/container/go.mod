module github.com/testcontainers/testcontainers-go

go 1.24.0

require github.com/docker/docker v28.0.0+incompatible

"""What the service costs, beside what people would use instead and beside the limit of the machine: `python -m benchmarks`."""

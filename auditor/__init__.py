"""Security and compliance audit of Amazon SageMaker and of everything an ML workload leans on."""

__version__ = "0.1.0"

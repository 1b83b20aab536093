"""The bodies of the events, one class each, in modules by writer. The registry says which type each one is."""

"""Pictures that are not there yet: crawled, generated, labelled, audited and put together."""

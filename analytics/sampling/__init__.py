"""Which traces keep their whole spans once everything about them is known: chance, and whatever went wrong."""

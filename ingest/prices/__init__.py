"""What tokens cost: a dated table of vendors' public prices, and buckets times price."""

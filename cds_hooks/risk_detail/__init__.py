"""What the page behind a card's link shows: one risk, its course, inputs and contributions."""

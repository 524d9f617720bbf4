"""What is written and drawn about models and data: cards, charts, diagrams, pages."""

"""Amazon DynamoDB: moto's tables with exact numbers, atomic transactions, throttling on demand, and expiry."""

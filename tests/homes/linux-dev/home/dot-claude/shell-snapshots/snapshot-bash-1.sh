export DD_API_KEY={{<hex:32>}}

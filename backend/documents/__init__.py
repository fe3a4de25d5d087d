"""Files that people attach beside pictures: what each is, its pages and its text. Nothing in them is run or fetched."""

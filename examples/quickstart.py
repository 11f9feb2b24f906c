"""The same story as quickstart.rs and quickstart.mjs, with the same output: quickstart.txt."""

import array

import nearfold as nf

# Fold: sums are exact, however ill-conditioned.
x = [1e16, 0.1, 0.2, -1e16, 0.3]
loop = 0.0
for value in x:
    loop += value
print(f"sum {nf.sum(x)}, and a plain loop says {loop}")
print(f"mean {nf.mean(x)}")
y = [10000000.2, 10000000.1, 10000000.4]
print(f"variance {nf.var(y, ddof=1)}")
print(f"argmax {nf.argmax(y)}")

# Near: 5,000 vectors of 8 numbers from a small integer generator.
state = 7


def random():
    global state
    state = (state * 1664525 + 1013904223) % 2**32
    return (state >> 8) / 16777216 - 0.5


vectors = memoryview(array.array("f", [random() for _ in range(5000 * 8)])).cast("B").cast("f", (5000, 8))
query = array.array("f", [random() for _ in range(8)])
index = nf.Index(8, metric="cosine")
index.add(vectors)
ids, distances = index.search(query, k=3)
for i, distance in zip(ids, distances):
    print(f"id {i} at {float(distance)}")

# One file: what these bytes hold opens in a browser, a notebook and a server.
reopened = nf.Index.from_bytes(index.to_bytes())
again = reopened.search(query, k=3)
same = list(again[0]) == list(ids) and list(again[1]) == list(distances)
print(f"reopened, the same answer: {'yes' if same else 'no'}")

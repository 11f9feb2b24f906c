"""Where does each package lie on the demo's map? Makes www/data/map.npy from www/data/debian20k.npy.

    python3 -m venv venv && venv/bin/pip install numpy==2.4.6 umap-learn==0.5.12
    venv/bin/python tools/demo_map.py

The map is a picture, laid out once by UMAP (McInnes, Healy & Melville 2018) with a fixed seed and
committed: (20000, 2) uint16, x then y, 0 to 65535. No search reads it.
"""

from pathlib import Path

import numpy as np
import umap

DATA = Path(__file__).parent.parent / "www" / "data"


def main() -> None:
    vectors = np.load(DATA / "debian20k.npy").astype(np.float32)
    layout = umap.UMAP(n_neighbors=15, min_dist=0.12, metric="cosine", random_state=7).fit_transform(vectors)
    # A few far islands would leave the rest small: distance from the middle is squeezed, x / sqrt(1 + x²).
    low, middle, high = np.percentile(layout, [3, 50, 97], axis=0)
    centred = (layout - middle) / ((high - low) / 2)
    squeezed = centred / np.sqrt(1 + centred**2)
    low, high = squeezed.min(axis=0), squeezed.max(axis=0)
    unit = (squeezed - low) / (high - low)
    np.save(DATA / "map.npy", np.rint(unit * 65535).astype(np.uint16))


if __name__ == "__main__":
    main()

//! What is there to know of a reduction, beside its parameters? The last sections of each docstring.

/// The sections `Raises` and `Notes` of a function.
macro_rules! notes_doc {
    (sum) => {
        "
Raises
------
NearfoldError
    With code ``bad_parameter`` of an `initial` that does not fit, ``shape_mismatch`` of a mask,
    ``axis_out_of_range``, ``unsupported_dtype`` or ``out_of_memory``.

Notes
-----
The sum of the exact values, rounded once to the type of the result, so that neither order,
strides, threads nor chunks show. float16 and float32 are added exactly and rounded to their own
type. Integers and bools give int64, unsigned integers uint64, modulo 2**64.

NaN gives NaN, and so do infinities of both signs; one infinity gives that; nothing but -0.0
gives 0.0. Infinite otherwise only where the exact sum is beyond the largest float. One pass, no
copy of what lies together.

References
----------
Rump, Ogita, Oishi, Accurate floating-point summation part I, SIAM J. Sci. Comput. 31 (2008);
Ziv, Fast evaluation of elementary mathematical functions with correctly rounded last bit, ACM
TOMS 17 (1991).
"
    };
    (mean) => {
        "
Raises
------
NearfoldError
    With code ``empty``, ``shape_mismatch`` of a mask, ``axis_out_of_range``,
    ``unsupported_dtype`` or ``out_of_memory``.

Notes
-----
The exact sum over n, rounded once: it does not overflow where the sum would. Integers and bools
give float64. NaN gives NaN, and so do infinities of both signs. One pass.
"
    };
    (prod) => {
        "
Raises
------
NearfoldError
    With code ``bad_parameter`` of an `initial` that does not fit, ``shape_mismatch`` of a mask,
    ``axis_out_of_range``, ``unsupported_dtype`` or ``out_of_memory``.

Notes
-----
The factors i mod 8 = 0 ... 7 each by themselves and then these eight in turn, in two doubles
and an exponent of their own: about 100 bits, and nothing overflows or underflows on the way.
Integers wrap round modulo 2**64. NaN gives NaN, and so does 0 times an infinity. One pass.
"
    };
    (var) => {
        "
Raises
------
NearfoldError
    With code ``empty``, ``bad_parameter`` where `ddof` is not below n, ``shape_mismatch`` of a
    mask, ``axis_out_of_range``, ``unsupported_dtype`` or ``out_of_memory``.

Notes
-----
(n S2 - S1**2) / (n (n - ddof)) of the exact sums S1 of x and S2 of x**2, rounded once: nothing
cancels. NaN and infinities give NaN. A mask that leaves no more than `ddof` elements gives NaN.
One pass or two.
"
    };
    (std) => {
        "
Raises
------
NearfoldError
    With code ``empty``, ``bad_parameter`` where `ddof` is not below n, ``shape_mismatch`` of a
    mask, ``axis_out_of_range``, ``unsupported_dtype`` or ``out_of_memory``.

Notes
-----
The root of the exact variance (n S2 - S1**2) / (n (n - ddof)), rounded once. NaN and infinities
give NaN. A mask that leaves no more than `ddof` elements gives NaN. One pass or two.
"
    };
    (min) => {
        "
Raises
------
NearfoldError
    With code ``empty`` without `initial`, ``bad_parameter`` of an `initial` that does not fit,
    ``shape_mismatch`` of a mask, ``axis_out_of_range``, ``unsupported_dtype`` or
    ``out_of_memory``.

Notes
-----
An element as it is, of the type of `x`. NaN gives NaN. One pass, no copy.
"
    };
    (max) => {
        notes_doc!(min)
    };
    (ptp) => {
        "
Raises
------
NearfoldError
    With code ``empty``, ``shape_mismatch`` of a mask, ``axis_out_of_range``,
    ``unsupported_dtype`` or ``out_of_memory``.

Notes
-----
The largest element less the smallest, rounded once; integers modulo their type, and of bools
``unsupported_dtype``. NaN gives NaN. One pass.
"
    };
    (minmax) => {
        "
Raises
------
NearfoldError
    With code ``empty``, ``shape_mismatch`` of a mask, ``axis_out_of_range``,
    ``unsupported_dtype`` or ``out_of_memory``.

Notes
-----
Both ends in one pass, elements as they are. NaN gives NaN for both; -0.0 is below 0.0.
"
    };
    (median) => {
        "
Raises
------
NearfoldError
    With code ``empty``, ``shape_mismatch`` of a mask, ``axis_out_of_range``,
    ``unsupported_dtype`` or ``out_of_memory``.

Notes
-----
An element, or the mean of two, rounded once and without overflow; integers give float64. NaN
gives NaN. By selection: O(n) on the average, with a copy of each lane.
"
    };
    (argmin) => {
        "
Raises
------
NearfoldError
    With code ``empty``, ``axis_out_of_range``, ``unsupported_dtype`` or ``out_of_memory``.

Notes
-----
-0.0 equals 0.0 here: the first of both. Of all elements in C order where there is no `axis`.
One pass.
"
    };
    (argmax) => {
        notes_doc!(argmin)
    };
    (any) => {
        "
Raises
------
NearfoldError
    With code ``shape_mismatch`` of a mask, ``axis_out_of_range``, ``unsupported_dtype`` or
    ``out_of_memory``.

Notes
-----
NaN is true. Of nothing `any` is False and `all` is True. One pass.
"
    };
    (all) => {
        notes_doc!(any)
    };
    (count_nonzero) => {
        "
Raises
------
NearfoldError
    With code ``shape_mismatch`` of a mask, ``axis_out_of_range``, ``unsupported_dtype`` or
    ``out_of_memory``.

Notes
-----
NaN is not zero. Of nothing: 0. One pass.
"
    };
    (count) => {
        notes_doc!(count_nonzero)
    };
    (norm) => {
        "
Raises
------
NearfoldError
    With code ``bad_parameter`` of another `ord`, ``empty`` of nothing with `ord` inf or -inf,
    ``shape_mismatch`` of a mask, ``axis_out_of_range``, ``unsupported_dtype`` or
    ``out_of_memory``.

Notes
-----
The root of the exact sum of squares, rounded once: nothing overflows or underflows on the way.
Of nothing: 0.0. NaN gives NaN, an infinity inf. Axes are taken together as one vector; norms of
matrices are not computed. One pass or two.
"
    };
    (skew) => {
        "
Raises
------
NearfoldError
    With code ``empty``, ``shape_mismatch`` of a mask, ``axis_out_of_range``,
    ``unsupported_dtype`` or ``out_of_memory``.

Notes
-----
m3 / m2**1.5 of the central moments m2 and m3, as one quotient of integers, rounded once.
Without bias times sqrt(n (n - 1)) / (n - 2), where n is above 2. NaN where all elements are
equal, and for NaN and infinities. Two passes, some ten times a sum; long integers, slower by
far, where the estimate does not decide.

References
----------
Joanes, Gill, Comparing measures of sample skewness and kurtosis, The Statistician 47 (1998): g1
and G1.
"
    };
    (kurtosis) => {
        "
Raises
------
NearfoldError
    With code ``empty``, ``shape_mismatch`` of a mask, ``axis_out_of_range``,
    ``unsupported_dtype`` or ``out_of_memory``.

Notes
-----
m4 / m2**2 - 3 of the central moments m2 and m4, as one quotient of integers, rounded once.
Without bias (n - 1) / ((n - 2) (n - 3)) ((n + 1) m4 / m2**2 - 3 (n - 1)), where n is above 3.
NaN where all elements are equal, and for NaN and infinities. Cost: as `skew`.

References
----------
Joanes, Gill, Comparing measures of sample skewness and kurtosis, The Statistician 47 (1998): g2
and G2.
"
    };
    (moments) => {
        "
Raises
------
NearfoldError
    With code ``empty``, ``bad_parameter`` of another `order`, ``shape_mismatch`` of a mask,
    ``axis_out_of_range``, ``unsupported_dtype`` or ``out_of_memory``.

Notes
-----
The mean S1 / n and the sums of (x - mean)**k over n for k = 2, 3, 4, each the exact value
rounded once. NaN and infinities give NaN in all of them. Cost: as `skew`.
"
    };
    (quantile) => {
        "
Raises
------
NearfoldError
    With code ``empty``, ``bad_parameter`` of `q` out of range or of weights, ``unknown_name``
    of a method, ``shape_mismatch`` of a mask, ``axis_out_of_range``, ``unsupported_dtype`` or
    ``out_of_memory``.

Notes
-----
The place in the sorted lane, from 0, is (n - 1) q for `linear`; docs/NUMERICS.md has that of
the other methods. Between two neighbours a and b at weight t it is NumPy's formula a + (b - a)
t, from t = 0.5 on b - (b - a) (1 - t), each step rounded; discrete methods give an element, and
its type. NaN gives NaN. With weights the first element for which the exact weight up to it,
over that of all, is not below `q`. By selection: O(n) on the average, with weights O(n log n);
a copy of each lane.

References
----------
Hyndman, Fan, Sample quantiles in statistical packages, The American Statistician 50 (1996).
"
    };
    (percentile) => {
        notes_doc!(quantile)
    };
    (nanquantile) => {
        "
Raises
------
NearfoldError
    With code ``empty``, ``bad_parameter`` of `q` out of range or of weights, ``unknown_name``
    of a method, ``shape_mismatch`` of a mask, ``axis_out_of_range``, ``unsupported_dtype`` or
    ``out_of_memory``.

Notes
-----
As the function without nan, of what is not NaN; of nothing but NaN: NaN.
"
    };
    (nanpercentile) => {
        notes_doc!(nanquantile)
    };
    (nansum) => {
        "
Raises
------
NearfoldError
    With code ``bad_parameter`` of an `initial` that does not fit, ``shape_mismatch`` of a mask,
    ``axis_out_of_range``, ``unsupported_dtype`` or ``out_of_memory``.

Notes
-----
As `sum`, of what is not NaN; of nothing but NaN: 0.0.
"
    };
    (nanmean) => {
        "
Raises
------
NearfoldError
    With code ``empty``, ``shape_mismatch`` of a mask, ``axis_out_of_range``,
    ``unsupported_dtype`` or ``out_of_memory``.

Notes
-----
As `mean`, of what is not NaN; of nothing but NaN: NaN, without a warning.
"
    };
    (nanprod) => {
        "
Raises
------
NearfoldError
    With code ``bad_parameter`` of an `initial` that does not fit, ``shape_mismatch`` of a mask,
    ``axis_out_of_range``, ``unsupported_dtype`` or ``out_of_memory``.

Notes
-----
As `prod`, of what is not NaN; of nothing but NaN: 1.0.
"
    };
    (nanvar) => {
        "
Raises
------
NearfoldError
    With code ``empty``, ``bad_parameter`` where `ddof` is not below n, ``shape_mismatch`` of a
    mask, ``axis_out_of_range``, ``unsupported_dtype`` or ``out_of_memory``.

Notes
-----
As `var`, of what is not NaN; NaN where no more than `ddof` elements are left. n in the error's
sense counts NaN too.
"
    };
    (nanstd) => {
        "
Raises
------
NearfoldError
    With code ``empty``, ``bad_parameter`` where `ddof` is not below n, ``shape_mismatch`` of a
    mask, ``axis_out_of_range``, ``unsupported_dtype`` or ``out_of_memory``.

Notes
-----
As `std`, of what is not NaN; NaN where no more than `ddof` elements are left. n in the error's
sense counts NaN too.
"
    };
    (nanmin) => {
        "
Raises
------
NearfoldError
    With code ``empty`` without `initial`, ``bad_parameter`` of an `initial` that does not fit,
    ``shape_mismatch`` of a mask, ``axis_out_of_range``, ``unsupported_dtype`` or
    ``out_of_memory``.

Notes
-----
As `min`, of what is not NaN; of nothing but NaN: NaN.
"
    };
    (nanmax) => {
        "
Raises
------
NearfoldError
    With code ``empty`` without `initial`, ``bad_parameter`` of an `initial` that does not fit,
    ``shape_mismatch`` of a mask, ``axis_out_of_range``, ``unsupported_dtype`` or
    ``out_of_memory``.

Notes
-----
As `max`, of what is not NaN; of nothing but NaN: NaN.
"
    };
    (nanminmax) => {
        "
Raises
------
NearfoldError
    With code ``empty``, ``shape_mismatch`` of a mask, ``axis_out_of_range``,
    ``unsupported_dtype`` or ``out_of_memory``.

Notes
-----
As `minmax`, of what is not NaN; of nothing but NaN: NaN.
"
    };
    (nanmedian) => {
        "
Raises
------
NearfoldError
    With code ``empty``, ``shape_mismatch`` of a mask, ``axis_out_of_range``,
    ``unsupported_dtype`` or ``out_of_memory``.

Notes
-----
As `median`, of what is not NaN; of nothing but NaN: NaN.
"
    };
    (nanargmin) => {
        "
Raises
------
NearfoldError
    With code ``empty``, ``all_nan`` of nothing but NaN, ``axis_out_of_range``,
    ``unsupported_dtype`` or ``out_of_memory``.

Notes
-----
As `argmin`, of what is not NaN; positions count all elements.
"
    };
    (nanargmax) => {
        "
Raises
------
NearfoldError
    With code ``empty``, ``all_nan`` of nothing but NaN, ``axis_out_of_range``,
    ``unsupported_dtype`` or ``out_of_memory``.

Notes
-----
As `argmax`, of what is not NaN; positions count all elements.
"
    };
    (nanskew) => {
        "
Raises
------
NearfoldError
    With code ``empty``, ``shape_mismatch`` of a mask, ``axis_out_of_range``,
    ``unsupported_dtype`` or ``out_of_memory``.

Notes
-----
As `skew`, of what is not NaN; of nothing but NaN: NaN.
"
    };
    (nankurtosis) => {
        "
Raises
------
NearfoldError
    With code ``empty``, ``shape_mismatch`` of a mask, ``axis_out_of_range``,
    ``unsupported_dtype`` or ``out_of_memory``.

Notes
-----
As `kurtosis`, of what is not NaN; of nothing but NaN: NaN.
"
    };
    (nanmoments) => {
        "
Raises
------
NearfoldError
    With code ``empty``, ``bad_parameter`` of another `order`, ``shape_mismatch`` of a mask,
    ``axis_out_of_range``, ``unsupported_dtype`` or ``out_of_memory``.

Notes
-----
As `moments`, of what is not NaN; of nothing but NaN: NaN.
"
    };
}
pub(super) use notes_doc;

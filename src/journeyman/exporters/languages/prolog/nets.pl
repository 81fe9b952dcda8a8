% Nets, neighbours, corrections and rows that training had. A part of the module PACKAGE.

write_step(squash, [O, Features, Centers, Scales], _, R) :-
    maplist(squashed(R), Features, Centers, Scales, Ys),
    put_all(Ys, R, O).
write_step(waves, [O], Step, R) :-
    findall(Ys, ( wave(Step, I, Frequencies, Phases, Mixes, Offsets),
                  get(R, I, X),
                  maplist(cosine(X), Frequencies, Phases, Cosines),
                  maplist(weighed_inputs(Cosines), Mixes, Offsets, Ys) ), Blocks),
    append(Blocks, All),
    put_all(All, R, O).
write_step(embed, [O, C, Size, Width, Values], _, R) :-
    get(R, C, X),
    ( X >= 0.0, X < Size -> Row is truncate(X) ; Row is Size - 1 ),
    findall(V, ( between(1, Width, K), A is Row * Width + K, arg(A, Values, V) ), Vs),
    put_all(Vs, R, O).
write_step(dense, [O, Inputs], Step, R) :-
    maplist(get(R), Inputs, Xs),
    findall(Y, ( unit(Step, _, Weights, Offset), weighed_inputs(Xs, Weights, Offset, Y) ), Ys),
    put_all(Ys, R, O).
write_step(bend, [O, I, N, Kind, Slopes], _, R) :-
    block(R, I, N, Zs),
    maplist(bent(Kind), Zs, Slopes, Ys),
    put_all(Ys, R, O).
write_step(neighbours, [O, Features, Scales, Prior, Number, Near, Classes], Step, R) :-
    maplist(scaled(R), Features, Scales, Question),
    findall(D-Place, ( neighbour(Step, Place, _, Point, _), distance(Question, Point, D) ), All),
    sort(1, @=<, All, Sorted),
    Most is Number + 1,
    first_of(Most, Sorted, Nearest),
    last(Nearest, Reach-_),
    first_of(Number, Nearest, Counted),
    maplist(neighbour_weight(Step, Near, Reach), Counted, Weights, [Answer | Answers]),
    total(Weights, Whole),
    findall(Y, ( nth0(K, Answer, _),
                 findall(V, ( member(One, [Answer | Answers]), nth0(K, One, V) ), Vs),
                 maplist(product_of, Weights, Vs, Ts),
                 total(Ts, Sum),
                 Mean is Sum / Whole,
                 ( Classes =:= 1 -> nth0(K, Prior, P), Y is (Mean * Number + P) / (Number + 1) ; Y = Mean ) ), Ys),
    put_all(Ys, R, O).
write_step(correct, [O, I, N, Classes, C, Low, High, Missing, Numbers, Lows, Highs, Coded, Codes, Centers, Spreads, Weights, Offsets], _, R) :-
    get(R, C, X),
    block(R, I, N, Ps),
    (   in_slice(Missing, X, Low, High)
    ->  maplist(held_register(R), Numbers, Lows, Highs, As),
        maplist(is_code(R), Coded, Codes, Bs),
        append([As, Bs, Ps], Inputs),
        maplist(standard, Inputs, Centers, Spreads, Zs),
        findall(Y, ( nth0(K, Ps, P), nth0(K, Offsets, Offset),
                     strided(Weights, N, K, Ws), maplist(product_of, Zs, Ws, Ts), total(Ts, Sum),
                     Y is P + Offset + Sum ), Ys0),
        (   Classes =:= 1
        ->  maplist(held_within(0.005, 1.0), Ys0, Ys1),
            through_sum(Ys1, Ys)
        ;   Ys = Ys0
        )
    ;   Ys = Ps
    ),
    put_all(Ys, R, O).
write_step(known, [O, I, N, Prior, Columns], Step, R) :-
    block(R, I, N, Ps),
    foldl(add_word(R), Columns, 1-0, _-Words),
    mixed(Words /\ 0xFFFFFFFFFFFFFFFF, Mark),
    ( known_row(Mark, Step, Count, Totals) -> maplist(with_labels(Prior, Count), Totals, Ps, Ys) ; Ys = Ps ),
    put_all(Ys, R, O).

squashed(R, Feature, Center, Scale, Y) :-
    get(R, Feature, X),
    Z is (X - Center) * Scale,
    Y is Z / sqrt(1.0 + (Z / 3.0) * (Z / 3.0)).

cosine(X, Frequency, Phase, Y) :- Y is cos(X * Frequency + Phase).

%   A sum from left to right, beginning with the first term, then the offset.
weighed_inputs([X | Xs], [W | Ws], Offset, Y) :- T is X * W, weighed_rest(Xs, Ws, T, Sum), Y is Sum + Offset.

weighed_rest([], [], Sum, Sum).
weighed_rest([X | Xs], [W | Ws], S0, S) :- S1 is S0 + X * W, weighed_rest(Xs, Ws, S1, S).

bent(0, Z, Slope, Y) :-
    ( Z < 0.0 -> expm1(Z, E), A is 1.0507009873554805 * (0.0 + 1.6732632423543772 * E) ; A is 1.0507009873554805 * Z ),
    Y is Z + Slope * (A - Z).
bent(1, Z, Slope, Y) :-
    ( Z > 20.0 -> E is exp(20.0) ; E is exp(Z) ),
    A is Z * (E * (E + 2.0) / (E * (E + 2.0) + 2.0)),
    Y is Z + Slope * (A - Z).

scaled(R, Feature, Scale, Y) :- get(R, Feature, X), Y is X * Scale.

distance([Q | Qs], [P | Ps], D) :- First is (P - Q) * (P - Q), squares(Qs, Ps, First, Sum), D is sqrt(Sum).
distance([], [], 0.0).

squares([], [], Sum, Sum).
squares([Q | Qs], [P | Ps], S0, S) :- S1 is S0 + (P - Q) * (P - Q), squares(Qs, Ps, S1, S).

first_of(Count, Xs, First) :- length(First, Count), append(First, _, Xs), !.
first_of(_, Xs, Xs).

neighbour_weight(Step, Near, Reach, D-Place, Weight, Answer) :-
    neighbour(Step, Place, Copies, _, Answer),
    (   Near =:= 1
    ->  Share is D / max(Reach, 1.0e-12),
        Weight is Copies * max(1.0 - Share * Share, 1.0e-6)
    ;   Weight = Copies
    ).

product_of(X, Y, Z) :- Z is X * Y.

in_slice(1, X, _, _) :- nan(X).
in_slice(0, X, Low, High) :- X >= Low, X < High.

held_register(R, Place, Low, High, Y) :- get(R, Place, X), held(X, Low, High, Y).

is_code(R, Place, Code, Y) :- get(R, Place, X), ( X =:= Code -> Y = 1.0 ; Y = 0.0 ).

standard(X, Center, Spread, Z) :- Z0 is (X - Center) / Spread, ( nan(Z0) -> Z = 0.0 ; Z = Z0 ).

strided([], _, _, []).
strided([V | Vs], N, K, [W | Ws]) :-
    length(Row, N),
    append(Row, More, [V | Vs]),
    nth0(K, Row, W),
    strided(More, N, K, Ws).

%   The mark of a row: the bits of its numbers, mixed as SplitMix64 does.
add_word(R, Column, I-Sum0, J-Sum) :-
    get(R, Column, X),
    bits(X, Bits),
    mixed((Bits + I * 0xD1342543DE82EF95) /\ 0xFFFFFFFFFFFFFFFF, Word),
    Sum is Sum0 + Word,
    J is I + 1.

mixed(Expression, Word) :-
    W0 is Expression,
    W1 is ((W0 xor (W0 >> 30)) * 0xBF58476D1CE4E5B9) /\ 0xFFFFFFFFFFFFFFFF,
    W2 is ((W1 xor (W1 >> 27)) * 0x94D049BB133111EB) /\ 0xFFFFFFFFFFFFFFFF,
    Word is W2 xor (W2 >> 31).

bits(X, 0x7FF8000000000000) :- nan(X), !.
bits(X, 0) :- X =:= 0.0, !.
bits(X, Bits) :-
    Size is abs(X),
    (   Size < 2.2250738585072014e-308 % fewer than 53 bits
    ->  Below is truncate(Size * 2.0 ** 1000 * 2.0 ** 74)
    ;   float_parts(Size, Part, 2, Power),
        ( Part < 1.0 -> Mantissa is 2 * Part, Exponent is Power - 1 ; Mantissa = Part, Exponent = Power ), % by version
        Below is ((Exponent + 1023) << 52) + truncate((Mantissa - 1.0) * 4503599627370496.0)
    ),
    ( X < 0.0 -> Bits is Below + (1 << 63) ; Bits = Below ).

with_labels(Prior, Count, Total, P, Y) :- Y is (Total + Prior * P) / (Count + Prior).

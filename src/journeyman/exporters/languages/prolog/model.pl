:- module(PACKAGE, [predict/3, explain/2, answer/2, answer_file/2]).

/** <module> Predicts rows.

==
?- predict([NAME-Value, ...], Answer, Outputs).
==

A row is a list of Name-Value, a name being an atom as the table has it; a value a text (an atom or a string), a number,
`true`, `false`, or `null` where it is missing. The model itself is the facts of plan.pl.
*/

:- use_module(PACKAGE_cells).
:- use_module(library(readutil)).

:- discontiguous column/9, category/3, boolean_name/3, missing_number/2, feature/2, step/3, node/6, choice/5, level/4,
                 line/4, unit/4, wave/6, neighbour/5, known_row/4, write_step/4.
:- dynamic column/9, category/3, boolean_name/3, missing_number/2, feature/2, step/3, node/6, choice/5, level/4,
           line/4, unit/4, wave/6, neighbour/5, known_row/4.

:- include(plan).
:- include(nets).
:- include(explain).
:- include(files).

:- multifile prolog:error_message//1.

prolog:error_message(plan_error(Message)) --> ['~w'-[Message]].

%!  predict(+Row, -Answer, -Outputs)
%   Answer is the label, or the value (a list where there are several); Outputs are probabilities in the order of labels/1, or values.

predict(Row, Answer, Outputs) :-
    answer(Row, answer(_, Outputs, _, Label)),
    (   Label \== none -> Answer = Label
    ;   Outputs = [Answer] -> true
    ;   Answer = Outputs
    ).

%!  answer(+Row, -answer(Scores, Outputs, Interval, Label))
%   Interval is Low-High or none, Label an atom, a number, true, false or none.

answer(Row, answer(Scores, Outputs, Interval, Label)) :-
    without_float_errors(registers(Row, R)),
    scores(ScorePlaces),
    outputs(OutputPlaces),
    maplist(get(R), ScorePlaces, Scores),
    maplist(get(R), OutputPlaces, Outputs),
    ( interval(Low, High), Low >= 0 -> get(R, Low, L), get(R, High, H), Interval = L-H ; Interval = none ),
    (   labels([First | More])
    ->  without_float_errors(label_place(Outputs, Place)),
        nth0(Place, [First | More], Label)
    ;   Label = none
    ).

registers(Row, R) :-
    registers(Count),
    functor(R, r, Count),
    findall(Register-Name, column(Register, Name, _, _, _, _, _, _, _), Columns),
    maplist(fill_column(R, Row), Columns),
    findall(Step-Operation-Arguments, step(Step, Operation, Arguments), Steps),
    maplist(run_step(R), Steps).

fill_column(R, Row, Register-Name) :-
    (   memberchk(Name-Given, Row) -> true
    ;   format(string(Message), "the row has no column ~q", [Name]),
        throw(error(plan_error(Message), _))
    ),
    cell_value(Register, Given, Value),
    put(R, Register, Value).

get(R, Place, Value) :- A is Place + 1, arg(A, R, Value).

put(R, Place, Value) :- A is Place + 1, setarg(A, R, Value).

put_all([], _, _).
put_all([V | Vs], R, Place) :- put(R, Place, V), Next is Place + 1, put_all(Vs, R, Next).

block(_, _, 0, []) :- !.
block(R, Place, Count, [V | Vs]) :-
    get(R, Place, V),
    Next is Place + 1,
    Left is Count - 1,
    block(R, Next, Left, Vs).

label_place(P, Place) :-
    ordered(true), !,
    total(P, Sum),
    Half is 0.5 * Sum - 1.0e-12,
    ( reaches(P, Half, 0.0, 0, Place) -> true ; Place = 0 ).
label_place([_, P], Place) :- threshold(T), number(T), !, ( P >= T -> Place = 1 ; Place = 0 ).
label_place([P | Ps], Place) :- greatest(Ps, 1, P, 0, Place).

reaches([P | Ps], Half, Sum, K, Place) :-
    Next is Sum + P,
    ( Next >= Half -> Place = K ; K1 is K + 1, reaches(Ps, Half, Next, K1, Place) ).

greatest([], _, _, Place, Place).
greatest([P | Ps], K, Most, Best, Place) :-
    K1 is K + 1,
    ( P > Most -> greatest(Ps, K1, P, K, Place) ; greatest(Ps, K1, Most, Best, Place) ).

%   Sums are taken from left to right, beginning with the first term.
total([], 0.0).
total([X | Xs], Sum) :- foldl(plus_term, Xs, X, Sum).

plus_term(X, S0, S) :- S is S0 + X.

through_sum(Xs, Shares) :- total(Xs, Sum), maplist(share_of(Sum), Xs, Shares).

share_of(Sum, X, Share) :- Share is X / Sum.

held(X, Low, High, Y) :- ( X < Low -> Y = Low ; X > High -> Y = High ; Y = X ).

logistic(X, P) :- P is 1.0 / (1.0 + exp(-X)).

%   The nearest number of 32 bits, halves to even; too large ones become infinite.
single(X, Y) :- ( X =\= X ; X =:= 0.0 ; abs(X) =:= inf ), !, Y = X.
single(X, Y) :-
    Size is abs(X),
    Guess is floor(log(Size) / log(2.0)),
    ( Size < 2.0 ** Guess -> Power is Guess - 1 ; Size >= 2.0 ** (Guess + 1) -> Power is Guess + 1 ; Power = Guess ),
    Unit is 2.0 ** (max(Power, -126) - 23),
    Round is 6755399441055744.0, % 1.5 times 2 to the power 52: adding it leaves a whole number
    Rounded is (Size / Unit + Round - Round) * Unit,
    ( Rounded >= 2.0 ** 128 -> Held is inf ; Held = Rounded ),
    ( X < 0 -> Y is -Held ; Y = Held ).

nearly_zero(X, Y) :- ( abs(X) =< 1.0000000180025095e-35 -> Y = 0.0 ; Y = X ).

%   The steps. The first argument is the register that is written first.

run_step(R, Step-Operation-Arguments) :-
    (   write_step(Operation, Arguments, Step, R) -> true
    ;   format(string(Message), "the operation ~q failed", [Operation]),
        throw(error(plan_error(Message), _))
    ).

write_step(plain, [O, C], _, R) :- get(R, C, X), finite_or_nan(X, Y), put(R, O, Y).
write_step(fill, [O, Columns, Fill, Shift, Scale, Limit, Flagged], _, R) :-
    maplist(get(R), Columns, Xs),
    fill_all(Xs, Fill, Shift, Scale, R, Limit, O, Next),
    maplist(missing_flag(Xs), Flagged, Flags),
    put_all(Flags, R, Next).
write_step(code, [O, Columns], _, R) :-
    maplist(code(R), Columns, Ys),
    put_all(Ys, R, O).
write_step(onehot, [O, C, N], _, R) :-
    get(R, C, X),
    findall(Y, ( between(1, N, K), ( X =:= K - 1 -> Y = 1.0 ; Y = 0.0 ) ), Ys),
    put_all(Ys, R, O).
write_step(table, [O, C, Width, Values], _, R) :-
    get(R, C, X),
    functor(Values, _, Count),
    ( X >= 0.0 -> Row is truncate(X) ; Row is Count // Width - 1 ),
    findall(V, ( between(1, Width, K), A is Row * Width + K, arg(A, Values, V) ), Vs),
    put_all(Vs, R, O).
write_step(calendar, [O, C, Parts, Start, Fill], _, R) :-
    get(R, C, X),
    (   nan(X)
    ->  length(Parts, Count),
        length(Ys, Count),
        maplist(=(Fill), Ys)
    ;   Whole is truncate(X),
        Days is Whole div 86400,
        civil_date(Days, Year, Month, Day),
        maplist(calendar_part(X, Start, Whole, Days, Year-Month-Day), Parts, Ys)
    ),
    put_all(Ys, R, O).
write_step(gaps, [O, Numbers, Codes], _, R) :-
    aggregate_all(count, ( member(C, Numbers), get(R, C, X), finite_or_nan(X, Y), nan(Y) ), Lost),
    aggregate_all(count, ( member(C, Codes), get(R, C, X), X < 0.0 ), Unknown),
    Count is float(Lost + Unknown),
    put(R, O, Count).
write_step(slot, [O, C, Size], _, R) :- get(R, C, X), ( X < 0.0 -> Y is float(Size) ; Y = X ), put(R, O, Y).
write_step(bin, [O, C, Edges], _, R) :-
    get(R, C, X),
    finite_or_nan(X, Y),
    ( nan(Y) -> length(Edges, Count) ; aggregate_all(count, ( member(E, Edges), E < X ), Count) ),
    Bin is float(Count),
    put(R, O, Bin).
write_step(cell, [O, A, B, Stride, Offset, Table], _, R) :-
    get(R, A, X),
    ( B < 0 -> Beside = 0 ; get(R, B, Beside) ),
    At is truncate(Offset + Stride * X + Beside) + 1,
    arg(At, Table, Y),
    put(R, O, Y).
write_step(weigh, [O, A, B, WA, WB], _, R) :- get(R, A, X), get(R, B, Y), Z is X * WA + Y * WB, finite_or_nan(Z, W), put(R, O, W).
write_step(product, [O, A, B], _, R) :- get(R, A, X), get(R, B, Y), Z is X * Y, finite_or_nan(Z, W), put(R, O, W).
write_step(ratio, [O, A, B], _, R) :- get(R, A, X), get(R, B, Y), Z is X / Y, finite_or_nan(Z, W), put(R, O, W).
write_step(constant, [O, Values], _, R) :- put_all(Values, R, O).
write_step(lines, [O, Outputs], Step, R) :-
    Last is Outputs - 1,
    findall(Y, ( between(0, Last, K), line(Step, K, Terms, Offset), line_terms(R, Terms, Ts), total(Ts, Sum), Y is Sum + Offset ), Ys),
    put_all(Ys, R, O).
write_step(trees, [O, Outputs, Features, Single, Roots], _, R) :-
    tree_features(R, Features, Single, X),
    findall(0.0, between(1, Outputs, _), Zeros),
    put_all(Zeros, R, O),
    add_trees(Roots, X, 0, Outputs, O, R).
write_step(forest, [O, Outputs, Features, Roots], _, R) :-
    forest_features(R, Features, X),
    maplist(walk_choices(X), Roots, Rows),
    length(Roots, Trees),
    findall(Y, ( between(1, Outputs, K), maplist(arg(K), Rows, Vs), total(Vs, Sum), Y is Sum / float(Trees) ), Ys),
    put_all(Ys, R, O).
write_step(symmetric, [O, Outputs, Features, Numbers, Coded, Tables, Bias], Step, R) :-
    maplist(symmetric_number(R, Features), Numbers, Xs),
    maplist(symmetric_code(R, Features), Coded, Tables, Ys),
    append(Xs, Ys, Inputs),
    X =.. [x | Inputs],
    put_all(Bias, R, O),
    findall(Asked-Leaves, level(Step, _, Asked, Leaves), Trees),
    maplist(add_symmetric(X, Outputs, O, R), Trees).
write_step(copy, [O, I, N], _, R) :- block(R, I, N, Xs), put_all(Xs, R, O).
write_step(logistic, [O, I], _, R) :- get(R, I, X), logistic(X, P), Q is 1.0 - P, put_all([Q, P], R, O).
write_step(share, [O, I], _, R) :- get(R, I, X), held(X, 0.0, 1.0, P), Q is 1.0 - P, put_all([Q, P], R, O).
write_step(softmax, [O, I, N], _, R) :-
    block(R, I, N, [X | Xs]),
    foldl(greater, Xs, X, Most),
    maplist(exp_below(Most), [X | Xs], Es),
    through_sum(Es, Ps),
    put_all(Ps, R, O).
write_step(above, [O, I, _, Each, Thresholds], _, R) :-
    findall(P, ( nth0(K, Thresholds, T), ( Each =:= 1 -> At is I + K ; At = I ), get(R, At, S), Z is S - T, logistic(Z, P) ), Ps),
    sort(0, @>=, Ps, Sorted),
    append(Sorted, [0.0], Ends),
    differences([1.0 | Ends], Ds),
    through_sum(Ds, Ys),
    put_all(Ys, R, O).
write_step(clip, [O, I, N, Low, High], _, R) :- block(R, I, N, Xs), maplist(held_within(Low, High), Xs, Ys), put_all(Ys, R, O).
write_step(affine, [O, I, N, Shift, Scale], _, R) :- block(R, I, N, Xs), maplist(affine(Shift, Scale), Xs, Ys), put_all(Ys, R, O).
write_step(divide, [O, I, N, By], _, R) :- block(R, I, N, Xs), maplist(share_of(By), Xs, Ys), put_all(Ys, R, O).
write_step(add, [O, I, J, N], _, R) :- block(R, I, N, Xs), block(R, J, N, Ys), maplist(plus_term, Xs, Ys, Zs), put_all(Zs, R, O).
write_step(ordered, [O, I, N, Order], _, R) :-
    block(R, I, N, Xs),
    sort(0, @=<, Xs, Sorted),
    maplist(put_at(R, O), Order, Sorted).
write_step(mean, [O, N, Members, Weights], _, R) :-
    Last is N - 1,
    findall(Y, ( between(0, Last, K), maplist(weighted(R, K), Members, Weights, Ts), total(Ts, Y) ), Ys),
    put_all(Ys, R, O).
write_step(temper, [O, I, N, Power], _, R) :-
    block(R, I, N, Xs),
    maplist(powered(Power), Xs, Ys),
    through_sum(Ys, Ps),
    put_all(Ps, R, O).
write_step(unscale, [O, I, Kind, Most, Low], _, R) :-
    get(R, I, X),
    held(X, 0.0, Most, H),
    ( Kind =:= 0 -> expm1(H, E), Y is E + Low ; Y is H * H + Low ),
    put(R, O, Y).
write_step(spread, [O, I, N, Floor, Levels, Factors], _, R) :-
    block(R, I, N, [Median | Rest]),
    spread_all([Median | Rest], Median, Floor, Factors, Ys),
    Levels = [Middle | _],
    findall(L-K, ( nth0(K, Levels, L), L < Middle ), Below0),
    findall(L-K, ( nth0(K, Levels, L), L > Middle ), Above0),
    sort(1, @>=, Below0, Below),
    sort(1, @=<, Above0, Above),
    put_all(Ys, R, O),
    get(R, O, M),
    foldl(fence(R, O, below), Below, M, _),
    foldl(fence(R, O, above), Above, M, _).
write_step(factor, [O, C, At, Logarithms, Unknown], _, R) :-
    get(R, C, X),
    factor(At, Logarithms, X, Unknown, Y),
    put(R, O, Y).
write_step(size, [O, Factors, Base, Low, High], _, R) :-
    maplist(get(R), Factors, Xs),
    total([Base | Xs], Sum),
    held(Sum, Low, High, H),
    Y is exp(H),
    put(R, O, Y).
write_step(interval, [O, I, Lowest, Highest, Below, Above, Size], _, R) :-
    ( Size < 0 -> S = 1.0 ; get(R, Size, S) ),
    get(R, I, M),
    At is I + Lowest, get(R, At, X), Low0 is X - Below * S,
    To is I + Highest, get(R, To, Y), High0 is Y + Above * S,
    (   Lowest =:= Highest -> Low = Low0, High = High0
    ;   ( Low0 > M -> Low = M ; Low = Low0 ), ( High0 < M -> High = M ; High = High0 )
    ),
    put_all([Low, High], R, O).

fill_all([], [], [], [], _, _, Next, Next).
fill_all([X | Xs], [Fill | Fs], [Shift | Hs], [Scale | Cs], R, Limit, O, End) :-
    fill_one(R, Limit, X, Fill, Shift, Scale, O, Next),
    fill_all(Xs, Fs, Hs, Cs, R, Limit, Next, End).

fill_one(R, Limit, X, Fill, Shift, Scale, O, Next) :-
    finite_or_nan(X, Y),
    ( nan(Y) -> Z = Fill ; Z = Y ),
    W is (Z - Shift) * Scale,
    ( Limit =:= 0 -> V = W ; Least is -Limit, held(W, Least, Limit, V) ),
    put(R, O, V),
    Next is O + 1.

missing_flag(Xs, Place, Flag) :-
    nth0(Place, Xs, X),
    finite_or_nan(X, Y),
    ( nan(Y) -> Flag = 1.0 ; Flag = 0.0 ).

code(R, C, Y) :- get(R, C, X), ( X < 0.0 -> Y is nan ; Y = X ).
greater(X, M0, M) :- ( X > M0 -> M = X ; M = M0 ).
exp_below(Most, X, Y) :- Y is exp(X - Most).
held_within(Low, High, X, Y) :- held(X, Low, High, Y).
affine(Shift, Scale, X, Y) :- Y is Shift + Scale * X.
put_at(R, O, Place, X) :- At is O + Place, put(R, At, X).
weighted(R, K, Member, Weight, T) :- At is Member + K, get(R, At, X), T is Weight * X.
powered(Power, X, Y) :- held(X, 1.0e-7, 1.0, H), Y is H ** Power.

calendar_part(_, _, _, _, Year-_-_, 0, Y) :- Y is float(Year).
calendar_part(_, _, _, _, _-Month-_, 1, Y) :- Y is float(Month).
calendar_part(_, _, _, _, _-_-Day, 2, Y) :- Y is float(Day).
calendar_part(_, _, _, Days, _, 3, Y) :- Y is float((Days + 3) mod 7).
calendar_part(_, _, _, Days, Year-_-_, 4, Y) :- days_of(Year, 1, 1, First), Y is float(Days - First + 1).
calendar_part(_, _, Whole, Days, _, 5, Y) :- Y is float(Whole - Days * 86400) / 3600.0.
calendar_part(X, Start, _, _, _, 6, Y) :- Y is (X - Start) / 86400.0.

line_terms(R, Terms, Ts) :- maplist(line_term(R), Terms, Ts).

line_term(R, Place-Weight, T) :- get(R, Place, X), T is X * Weight.

tree_features(R, Features, Single, X) :-
    maplist(tree_feature(R, Single), Features, Ys),
    X =.. [x | Ys].

tree_feature(R, Single, F, Y) :- get(R, F, V), ( Single == true -> single(V, W) ; W = V ), nearly_zero(W, Y).

forest_features(R, Features, X) :- maplist(single_feature(R), Features, Ys), X =.. [x | Ys].

single_feature(R, F, Y) :- get(R, F, V), single(V, Y).

add_trees([], _, _, _, _, _).
add_trees([Root | Roots], X, K, Outputs, O, R) :-
    walk(Root, X, Leaf),
    Place is O + K,
    get(R, Place, S),
    Sum is S + Leaf,
    put(R, Place, Sum),
    Next is (K + 1) mod Outputs,
    add_trees(Roots, X, Next, Outputs, O, R).

walk(leaf(Leaf), _, Leaf) :- !.
walk(Node, X, Leaf) :-
    node(Node, Feature, Test, Missing, Left, Right),
    arg(Feature, X, V),
    ( goes_left(Test, Missing, V) -> walk(Left, X, Leaf) ; walk(Right, X, Leaf) ).

%   Missing is none (NaN counts as 0), zero(Side) or nan(Side): where a missing value goes.
goes_left(at_most(Threshold), Missing, V) :-
    (   Missing == none -> ( nan(V) -> 0.0 =< Threshold ; V =< Threshold )
    ;   Missing = zero(Side), ( nan(V) ; V =:= 0.0 ) -> Side == left
    ;   Missing = nan(Side), nan(V) -> Side == left
    ;   V =< Threshold
    ).
goes_left(in_set(Bits), _, V) :-
    V > -1.0, V < 2147483648.0,
    (Bits >> truncate(V)) /\ 1 =:= 1.

walk_choices(_, row(Row), Row) :- !.
walk_choices(X, Node, Row) :-
    choice(Node, Feature, Threshold, Left, Right),
    arg(Feature, X, V),
    ( V > Threshold -> walk_choices(X, Right, Row) ; walk_choices(X, Left, Row) ).

symmetric_number(R, Features, Place, Y) :- nth0(Place, Features, F), get(R, F, V), single(V, Y).

symmetric_code(R, Features, Place, Table, Y) :-
    nth0(Place, Features, F),
    get(R, F, V),
    functor(Table, _, Count),
    ( V >= 0.0 -> At is min(truncate(V) + 2, Count) ; At = 1 ),
    arg(At, Table, Y).

add_symmetric(X, Outputs, O, R, Asked-Leaves) :-
    foldl(level_bit(X), Asked, 1-0, _-Leaf),
    add_leaf(0, Outputs, Leaf, Leaves, O, R).

add_leaf(Outputs, Outputs, _, _, _, _) :- !.
add_leaf(K, Outputs, Leaf, Leaves, O, R) :-
    At is Leaf * Outputs + K + 1,
    arg(At, Leaves, V),
    Place is O + K,
    get(R, Place, S),
    Sum is S + V,
    put(R, Place, Sum),
    Next is K + 1,
    add_leaf(Next, Outputs, Leaf, Leaves, O, R).

level_bit(X, Input-Border, Bit-L0, Next-L) :-
    arg(Input, X, V),
    ( V > Border -> L is L0 + Bit ; L = L0 ),
    Next is Bit * 2.

differences([_], []) :- !.
differences([A, B | Rest], [D | Ds]) :- D0 is A - B, ( D0 > 1.0e-9 -> D = D0 ; D = 1.0e-9 ), differences([B | Rest], Ds).

%   exp(X) - 1 without cancellation (W. Kahan).
expm1(X, Y) :- U is exp(X), ( U =:= 1.0 -> Y = X ; W is U - 1.0, ( W =:= -1.0 -> Y = -1.0 ; Y is W * X / log(U) ) ).

spread_all(Rest, _, _, [], Rest) :- !.
spread_all([X | Xs], Median, Floor, [F | Fs], [Y | Ys]) :-
    Z is Median + (X - Median) * F,
    ( Z < Floor -> Y = Floor ; Y = Z ),
    spread_all(Xs, Median, Floor, Fs, Ys).

fence(R, O, Side, _-K, F0, F) :-
    Place is O + K,
    get(R, Place, X),
    (   ( Side == below, X < F0 ; Side == above, X > F0 ) -> F = X
    ;   F = F0
    ),
    put(R, Place, F).

factor([], Logarithms, X, Unknown, Y) :- !,
    ( X >= 0.0, Place is truncate(X), nth0(Place, Logarithms, Found) -> Y = Found ; Y = Unknown ).
factor(At, Logarithms, X, Unknown, Y) :-
    finite_or_nan(X, Z),
    (   nan(Z) -> Y = Unknown
    ;   At = [First | _], X =< First -> Logarithms = [Y | _]
    ;   between_points(At, Logarithms, X, Y)
    ).

between_points([_], [L], _, L) :- !.
between_points([A, B | As], [L, M | Ls], X, Y) :-
    ( X < B -> Y is (M - L) / (B - A) * (X - A) + L ; between_points([B | As], [M | Ls], X, Y) ).

% Answers the rows of selftest.csv: scores have the same bits, predictions differ by a few units in the last place.
% swipl selftest.pl

:- use_module(PACKAGE).

:- initialization(main, main).

main :-
    PACKAGE:read_rows('selftest.csv', Header, Rows),
    foldl(compare(Header), Rows, 0-0.0, Bad-Worst),
    length(Rows, Count),
    format("~d rows, ~d scores with other bits, largest difference of a prediction ~w~n", [Count, Bad, Worst]),
    ( Bad =:= 0, Worst =< 1.0e-12 -> true ; halt(1) ).

compare(Header, Cells, Bad0-Worst0, Bad-Worst) :-
    pairs_keys_values(Row, Header, Cells),
    answer(Row, answer(Scores, Outputs, _, _)),
    foldl(score(Row), Scores, 0-Bad0, _-Bad),
    foldl(prediction(Row), Outputs, 0-Worst0, _-Worst).

score(Row, Score, K-Bad0, Next-Bad) :-
    wanted(Row, score, K, Right),
    ( same(Score, Right) -> Bad = Bad0 ; Bad is Bad0 + 1 ),
    Next is K + 1.

prediction(Row, Output, K-Worst0, Next-Worst) :-
    wanted(Row, prediction, K, Right),
    (   same(Output, Right) -> Worst = Worst0
    ;   Difference is abs(Output - Right) / max(1.0, abs(Right)),
        ( Difference > Worst0 -> Worst = Difference ; Worst = Worst0 )
    ),
    Next is K + 1.

same(X, Y) :- ( X =:= Y ; X =\= X, Y =\= Y ), !.

wanted(Row, Word, K, Number) :-
    format(atom(Name), "~w ~d", [Word, K]),
    memberchk(Name-Text, Row),
    (   memberchk(Text, ["nan", "inf", "-inf"]) -> term_string(Term, Text), Number is Term
    ;   number_codes_of(Text, Number)
    ).

number_codes_of(Text, Number) :- string_codes(Text, Codes), PACKAGE_cells:plain_number(Codes, Number).

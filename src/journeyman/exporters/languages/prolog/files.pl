% Files of rows and of answers. A part of the module PACKAGE.

%!  answer_file(+Rows, +Answers)
%   Answer a file of comma-separated values by another one.

answer_file(Rows, Answers) :-
    check_plan_file,
    read_rows(Rows, Header, Table),
    maplist(answer_cells(Header), Table, Given),
    scores(ScorePlaces),
    outputs(OutputPlaces),
    setup_call_cleanup(open(Answers, write, Out, [encoding(utf8)]),
                       ( write_header(Out, ScorePlaces, OutputPlaces), maplist(write_answer(Out), Given) ),
                       close(Out)).

%   plan.pl was written of the plan.txt beside it.
check_plan_file :-
    module_property(PACKAGE, file(File)),
    directory_file_path(Folder, _, File),
    directory_file_path(Folder, 'plan.txt', Path),
    exists_file(Path), !,
    plan_file(First, Size),
    setup_call_cleanup(open(Path, read, In, [encoding(utf8)]), read_line_to_string(In, Line), close(In)),
    size_file(Path, Bytes),
    (   Line \== First -> throw(error(plan_error("plan.txt was written by a newer version"), _))
    ;   Bytes =\= Size -> throw(error(plan_error("plan.txt is another plan than plan.pl was written of"), _))
    ;   true
    ).
check_plan_file.

answer_cells(Header, Cells, Answer) :-
    (   pairs_keys_values(Row, Header, Cells), answer(Row, Answer) -> true
    ;   throw(error(plan_error("a row has no answer"), _))
    ).

%!  read_rows(+File, -Header, -Rows)
%   Cells as strings, RFC 4180; the names of columns as atoms.

read_rows(File, Header, Rows) :-
    read_file_to_codes(File, Codes, [encoding(utf8)]),
    ( Codes = [0xfeff | Bare] -> true ; Bare = Codes ),
    once(phrase(rows([First | Rows]), Bare)),
    maplist(text_name, First, Header).

text_name(Text, Name) :- atom_string(Name, Text).

rows([]) --> end.
rows([Row | Rows]) --> row(Row), rows(Rows).

end([], []).

row([Cell | Cells]) --> cell(Codes), { string_codes(Cell, Codes) }, cells(Cells).

cells([Cell | Cells]) --> ",", !, cell(Codes), { string_codes(Cell, Codes) }, cells(Cells).
cells([]) --> ( "\r\n" ; "\n" ; end ), !.

cell(Codes) --> "\"", !, quoted(Codes).
cell([]) --> peek, !.
cell([C | Cs]) --> [C], cell(Cs).

peek, [C] --> [C], { memberchk(C, `,\r\n`) }, !.
peek([], []).

quoted([0'" | Cs]) --> "\"\"", !, quoted(Cs).
quoted([]) --> "\"", !.
quoted([C | Cs]) --> [C], quoted(Cs).

write_header(Out, Scores, Outputs) :-
    findall(Name, ( nth0(K, Scores, _), format(atom(Name), "score ~d", [K]) ), Ss),
    findall(Name, ( nth0(K, Outputs, _), format(atom(Name), "prediction ~d", [K]) ), Ps),
    ( interval(Low, _), Low >= 0 -> Is = [low, high] ; Is = [] ),
    ( labels([_ | _]) -> Ls = [label] ; Ls = [] ),
    append([Ss, Ps, Is, Ls], Names),
    atomic_list_concat(Names, ',', Line),
    format(Out, "~w~n", [Line]).

write_answer(Out, answer(Scores, Outputs, Interval, Label)) :-
    ( Interval = Low-High -> Ends = [Low, High] ; Ends = [] ),
    append([Scores, Outputs, Ends], Numbers),
    maplist(number_text, Numbers, Texts),
    ( Label == none -> Cells = Texts ; label_text(Label, Quoted), append(Texts, [Quoted], Cells) ),
    atomic_list_concat(Cells, ',', Line),
    format(Out, "~w~n", [Line]).

number_text(X, nan) :- X =\= X, !.
number_text(X, inf) :- X =:= inf, !.
number_text(X, '-inf') :- X =:= -inf, !.
number_text(X, X).

label_text(Label, Quoted) :-
    labels(Labels), label_names(Names), nth0(Place, Labels, Same), Same == Label, nth0(Place, Names, Name), !,
    atomic_list_concat(Parts, '"', Name),
    atomic_list_concat(Parts, '""', Doubled),
    format(atom(Quoted), "\"~w\"", [Doubled]).

% Why a row gets its answer. A part of the module PACKAGE.

%!  explain(+Row, +Count)
%   Print the way of a row through the Count trees that weigh most, and the terms of each line, the greatest first.

explain(Row, Count) :-
    without_float_errors(( registers(Row, R), explain_trees(R, Count), explain_lines(R) )).

explain_trees(R, Count) :-
    findall(Size-tree(Step, Number, Output, Leaf, Root, X, Features),
            ( step(Step, trees, [_, Outputs, Features, Single, Roots]),
              tree_features(R, Features, Single, X),
              nth0(Number, Roots, Root),
              walk(Root, X, Leaf),
              Output is Number mod Outputs,
              Size is abs(Leaf) ),
            Found),
    sort(1, @>=, Found, Sorted),
    length(Sorted, All),
    Shown is min(Count, All),
    length(First, Shown),
    append(First, _, Sorted),
    forall(member(_-Tree, First), print_tree(Tree)).

print_tree(tree(Step, Number, Output, Leaf, Root, X, Features)) :-
    format("tree ~d of step ~d adds ~w to output ~d~n", [Number, Step, Leaf, Output]),
    print_path(Root, X, Features).

print_path(leaf(_), _, _) :- !.
print_path(Node, X, Features) :-
    node(Node, Feature, Test, Missing, Left, Right),
    arg(Feature, X, V),
    nth1(Feature, Features, Register),
    feature_name(Register, Name),
    test_text(Test, Name, Text),
    ( goes_left(Test, Missing, V) -> Said = yes, Next = Left ; Said = no, Next = Right ),
    format("  ~w = ~w, ~w: ~w~n", [Name, V, Text, Said]),
    print_path(Next, X, Features).

feature_name(Register, Name) :- feature(Register, Name), !.
feature_name(Register, Name) :- format(atom(Name), "register ~d", [Register]).

test_text(at_most(T), _, Text) :- format(atom(Text), "at most ~w", [T]).
test_text(in_set(Bits), Name, Text) :-
    Most is msb(max(1, Bits)),
    findall(Said, ( between(0, Most, C), (Bits >> C) /\ 1 =:= 1, code_name(Name, C, Said) ), Names),
    atomic_list_concat(Names, ', ', Listed),
    format(atom(Text), "one of ~w", [Listed]).

code_name(Name, Code, Category) :-
    column(Register, Name, category, _, _, _, _, _, _),
    category(Register, Category, Value),
    Value =:= Code, !.
code_name(_, Code, Code).

explain_lines(R) :-
    forall(line(_, Output, Terms, Offset), print_line(R, Output, Terms, Offset)).

print_line(R, Output, Terms, Offset) :-
    format("line for output ~d: ~w~n", [Output, Offset]),
    findall(Size-term(Register, X, Weight, Term),
            ( member(Register-Weight, Terms), get(R, Register, X), Term is X * Weight, Size is abs(Term), Size > 0 ), Found),
    sort(1, @>=, Found, Sorted),
    forall(member(_-term(Register, X, Weight, Term), Sorted),
           ( feature_name(Register, Name),
             format("  ~w: ~w * ~w = ~w~n", [Name, X, Weight, Term]) )).

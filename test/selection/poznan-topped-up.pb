META
key;value
unit;Poznań
budget;1000
vote_type;approval
rule;greedy-custom
comment;#1: The first project that does not fit is funded if four fifths of its cost are left.
PROJECTS
project_id;cost;votes;selected
a;600;3;1
b;500;2;2
c;10;1;0
VOTES
voter_id;vote
1;a,b
2;a,b
3;a,c

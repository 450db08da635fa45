META
key;value
budget;10
vote_type;approval
rule;greedy
comment;#1: Some paper ballots are only in the count of votes.
PROJECTS
project_id;cost;votes;selected
a;10;5;1
b;10;2;0
VOTES
voter_id;vote
1;b
2;b
3;a

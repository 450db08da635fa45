META
key;value
budget;1000000
vote_type;approval
rule;unknown
PROJECTS
project_id;cost;name
gift;0;Costs nothing
dream;1,000,000.01;Costs a cent too much
all;1e6;Takes everything
none;5;Nobody wants it
VOTES
voter_id;vote
1;dream,gift
2;dream,all
3;gift
4;nothing-here,all
4;all,all

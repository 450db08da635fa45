META
key;value
description;"Kylän pienet; toinen kierros"
budget;1 000,00
vote_type;approval
rule;greedy
num_projects;4
num_votes;5
PROJECTS
project_id;name;cost;selected;neighborhood
A-1;"Penkki; ja ""pöytä""";400,50;1;Jukola
A-2;Kukkia;500.00;1;
A-3;Keinu;99,51;0;Kauriala
A-4;Lava;1000;0;Jukola
VOTES
voter_id;age;vote
1;34;A-1, A-2
2;;A-1,A-4
3;12;A-1,A-2,A-3
4;71;"A-4,"
5;50;

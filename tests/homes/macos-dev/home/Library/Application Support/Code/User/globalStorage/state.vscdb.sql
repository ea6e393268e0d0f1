PRAGMA secure_delete=OFF;
CREATE TABLE ItemTable (key TEXT UNIQUE ON CONFLICT REPLACE, value BLOB);
INSERT INTO ItemTable VALUES ('workbench.colorTheme', 'dark');
INSERT INTO ItemTable VALUES ('acme.deploy', '{"apiToken":"{{dop_v1_<hex:64>}}","lastRun":1}');
INSERT INTO ItemTable VALUES ('acme.old', '{"k":"{{sk-proj-<b64u:74>T3BlbkFJ<b64u:74>}}"}');
DELETE FROM ItemTable WHERE key='acme.old';

CREATE TABLE ItemTable (key TEXT UNIQUE ON CONFLICT REPLACE, value BLOB);
INSERT INTO ItemTable VALUES ('cursorAuth/accessToken', '{{<jwt>}}');
INSERT INTO ItemTable VALUES ('acme.deploy', '{"apiKey":"{{<an:40>}}","theme":"dark","tokenCount":81234567}');
INSERT INTO ItemTable VALUES ('secret://{"extensionId":"acme.deploy","key":"acme.token"}', '{"type":"Buffer","data":[118,49,48,17,201,44,9,83,140,6,77,250]}');
INSERT INTO ItemTable VALUES ('workbench.panel.tokenOrder', '["explorer","search"]');

-- A database of version 1, by the sqlite3 shell's .dump; what each value means is in schema_test.cpp. Never to be changed:
-- databases like it exist.
BEGIN TRANSACTION;
CREATE TABLE study (
  study BIGINT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  question TEXT NOT NULL,
  notes TEXT NOT NULL,
  space TEXT NOT NULL,
  space_version TEXT NOT NULL,
  sampler TEXT NOT NULL,
  metric TEXT NOT NULL,
  direction TEXT NOT NULL CHECK (direction IN ('minimize', 'maximize')),
  objective TEXT NOT NULL,
  trials BIGINT NOT NULL,
  max_attempts BIGINT NOT NULL,
  revision BIGINT NOT NULL);
INSERT INTO study VALUES(1,'first "study"','Which is better?',replace('Two\nlines; it''s so.','\n',char(10)),replace('nuisance x: uniform(0.0, 1.0)\n','\n',char(10)),'0123456789abcdef','halton(seed=1)','validation_error','minimize','best(validation_error, minimize)',8,2,1);
INSERT INTO study VALUES(2,'second','','',replace('nuisance x: uniform(0.0, 1.0)\n','\n',char(10)),'0123456789abcdef','halton(seed=1)','validation_error','maximize','best(validation_error, minimize)',8,2,1);
CREATE TABLE trial (
  study BIGINT NOT NULL REFERENCES study (study),
  number BIGINT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'complete', 'infeasible', 'failed')),
  attempt BIGINT NOT NULL,
  objective DOUBLE PRECISION,
  best_step BIGINT,
  point TEXT,
  reason TEXT NOT NULL DEFAULT '',
  infeasible_step BIGINT,
  diverged_step BIGINT,
  worker TEXT NOT NULL DEFAULT '',
  started BIGINT,
  finished BIGINT,
  lease_ends BIGINT,
  token BIGINT,
  point_revision BIGINT,
  revision BIGINT NOT NULL,
  PRIMARY KEY (study, number),
  CHECK ((state = 'complete') = (objective IS NOT NULL)));
INSERT INTO trial VALUES(1,0,'complete',1,0.5,0,'{"x": 0.0, "optimizer": "adam", "layers": 3}','',NULL,10,'host/1',1700000003000,1700000005000,1701000003000,2,3,4);
INSERT INTO trial VALUES(1,1,'infeasible',1,NULL,NULL,'{"x": 0.1, "optimizer": "adam", "layers": 3}','out of memory',7,NULL,'host/1',1700000006000,1700000007000,1701000006000,5,6,7);
INSERT INTO trial VALUES(1,2,'failed',2,NULL,NULL,'{"x": 0.2, "optimizer": "adam", "layers": 3}','twice',NULL,NULL,'host/1',1700000010000,1700000011000,1701000010000,11,9,12);
INSERT INTO trial VALUES(1,3,'running',1,NULL,NULL,'{"x": 0.30000000000000004, "optimizer": "adam", "layers": 3}','',NULL,NULL,'host/1',1700000012000,NULL,1701000012000,13,14,14);
INSERT INTO trial VALUES(1,4,'running',1,NULL,NULL,NULL,'',NULL,NULL,'host/2',1700000013000,NULL,1701000013000,15,NULL,15);
INSERT INTO trial VALUES(1,5,'queued',0,NULL,NULL,'{"x": 0.5, "optimizer": "adam", "layers": 3}','',NULL,NULL,'',NULL,NULL,NULL,NULL,16,16);
CREATE TABLE curve (
  study BIGINT NOT NULL,
  number BIGINT NOT NULL,
  first_step BIGINT NOT NULL,
  last_step BIGINT NOT NULL,
  steps BLOB NOT NULL,
  PRIMARY KEY (study, number, first_step),
  FOREIGN KEY (study, number) REFERENCES trial (study, number));
INSERT INTO curve VALUES(1,0,0,10,X'0102000a020d747261696e696e675f6c6f7373010000000000000440000000000000f07f1076616c69646174696f6e5f6572726f720001000000000000e03f');
INSERT INTO curve VALUES(1,0,20,20,X'010114020d747261696e696e675f6c6f737301000000000000f87f0a746f7035206572726f7201000000000000f0ff');
CREATE INDEX trial_by_revision ON trial (study, revision);
CREATE INDEX trial_by_point_revision ON trial (study, point_revision) WHERE point_revision IS NOT NULL;
CREATE INDEX queued_trial ON trial (study, number) WHERE state = 'queued';
CREATE INDEX running_trial ON trial (study, lease_ends) WHERE state = 'running';
CREATE VIEW trials AS
SELECT study.name AS study, number, state, attempt, trial.objective AS objective, best_step, point,
  reason, infeasible_step, diverged_step, worker, strftime('%Y-%m-%d %H:%M:%f', started / 1000.0, 'unixepoch') AS started, strftime('%Y-%m-%d %H:%M:%f', finished / 1000.0, 'unixepoch') AS finished
FROM trial JOIN study ON study.study = trial.study;
PRAGMA application_id = 1701406580;
PRAGMA user_version = 1;
COMMIT;

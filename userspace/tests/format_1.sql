-- What phyrd kept before it knew tags, notes and requests.
PRAGMA application_id = 1885895026;
PRAGMA user_version = 1;
BEGIN TRANSACTION;
CREATE TABLE results ( run INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE, position INTEGER NOT NULL,
 document TEXT NOT NULL, samples BLOB, UNIQUE (run, position)) STRICT;
INSERT INTO "results" VALUES(1,0,'{"workload":"count/up/base/4KiB","unit":"ns","stats":{"n":3,"min":1,"p50":2,
 "p90":3,"p99":3,"p999":3,"max":3,"mean":2,"median":2,"median_low":1,"median_high":3},
 "parameters":{"size_bytes":4096,"warmup":3,"samples":3,"cpu":1,"backing":"base","page_size_bytes":4096,
 "allocate_ns":9825,"fault_in_ns":114139,"pages_apart_percent":100}}',
 X'010000000000000002000000000000000300000000000000');
INSERT INTO "results" VALUES(1,1,'{"workload":"fail/once/base/4KiB","error":{"errno":"ENOMEM",
 "message":"fail: out of luck"},"parameters":{"size_bytes":4096,"warmup":3,"samples":3,"cpu":1,
 "backing":"base","page_size_bytes":4096,"allocate_ns":9825,"fault_in_ns":114139,"pages_apart_percent":100}}',
 NULL);
INSERT INTO "results" VALUES(2,0,'{"workload":"mr/reg/base/4KiB","parameters":{},"unit":"ns","stats":{"n":1,
 "min":5,"p50":5,"p90":5,"p99":5,"p999":5,"max":5,"mean":5,"median":5,"median_low":5,"median_high":5}}',
 X'0500000000000000');
CREATE TABLE runs ( id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, imported INTEGER NOT NULL,
 state TEXT NOT NULL, reason TEXT NOT NULL DEFAULT '', workloads INTEGER NOT NULL, finished INTEGER NOT NULL,
 created_ns INTEGER NOT NULL, started_ns INTEGER NOT NULL DEFAULT 0, ended_ns INTEGER NOT NULL DEFAULT 0,
 kernel TEXT NOT NULL, clock TEXT NOT NULL, context TEXT NOT NULL) STRICT;
INSERT INTO "runs" VALUES(1,'größer',0,'done','',2,2,1796026535421352799,1796026535423396905,
 1796026535424188972,'6.1.0','native','{"host_name":"test","cpu":"CPU","num_cpus":2,"kernel_version":"#1",
 "phyrd":"0.1.0"}');
INSERT INTO "runs" VALUES(2,'imported',1,'done','',1,1,1796026535468240532,0,1796026535468240532,'7.3.4',
 'icount','{"kernel":"7.3.4","clock":"icount"}');
INSERT INTO "runs" VALUES(3,'',0,'queued','',1,0,1796026535494414648,0,0,'6.1.0','native',
 '{"host_name":"test","cpu":"CPU","num_cpus":2,"kernel_version":"#1","phyrd":"0.1.0"}');
CREATE INDEX runs_state ON runs (state);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('runs',3);
COMMIT;

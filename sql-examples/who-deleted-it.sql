-- SPDX-License-Identifier: Apache-2.0

-- A setting is gone. Who deleted it, when, from which session, and what was it before? ZooKeeper's servers write all of it down.
-- The quickstart's server keeps its files in target/quickstart-zookeeper while it runs; of other servers name the folders
-- version-2 of their dataLogDir and dataDir, all of the ensemble, separated by semicolons.
CREATE CATALOG zk WITH (
  'type' = 'zookeeper',
  'connect-string' = 'localhost:2181',
  'history.path' = 'target/quickstart-zookeeper'
);

USE CATALOG zk;

CREATE TABLE settings (
  app     STRING,
  setting STRING,
  content INT,
  PRIMARY KEY (app, setting) NOT ENFORCED
) WITH (
  'path' = '/limits/{app}/{setting}',
  'format' = 'json'
);

SET 'execution.runtime-mode' = 'batch';

-- What happened: it was created, changed and deleted.
INSERT INTO settings VALUES ('cart', 'timeout', 30), ('cart', 'retries', 3);
INSERT INTO settings VALUES ('cart', 'timeout', 60);
DELETE FROM settings WHERE app = 'cart' AND setting = 'timeout';

-- Each change is a row.
CREATE TABLE settings_history (
  app       STRING,
  setting   STRING,
  content   INT,
  op        STRING METADATA VIRTUAL,
  zxid      BIGINT METADATA VIRTUAL,
  `session` BIGINT METADATA VIRTUAL,
  `time`    TIMESTAMP_LTZ(3) METADATA VIRTUAL
) WITH (
  'connector' = 'zookeeper-log',
  'log.path' = 'target/quickstart-zookeeper',
  'path' = '/limits/{app}/{setting}',
  'format' = 'json'
);

SELECT `time`, CONCAT('0x', LOWER(HEX(`session`))) AS `session`, op, content
FROM settings_history
WHERE app = 'cart' AND setting = 'timeout'
ORDER BY zxid;

-- What is there as of a moment. Put the last minute before the deletion here; a moment in the future shows what is there now.
SELECT * FROM settings FOR SYSTEM_TIME AS OF TIMESTAMP '2100-01-01 00:00:00';

-- Without knowing the moment: the last content that it had is written again.
INSERT INTO settings
SELECT app, setting, content FROM settings_history
WHERE app = 'cart' AND setting = 'timeout' AND content IS NOT NULL
ORDER BY zxid DESC
LIMIT 1;

SELECT * FROM settings;

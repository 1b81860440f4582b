-- SPDX-License-Identifier: Apache-2.0

-- Feature flags that are written, read and joined as a table. Each row is the znode /settings/<service>/<flag>.
SET 'execution.runtime-mode' = 'batch';

CREATE TABLE settings (
  service   STRING,
  flag      STRING,
  enabled   BOOLEAN,
  rollout   INT,
  `version` INT METADATA VIRTUAL,
  PRIMARY KEY (service, flag) NOT ENFORCED
) WITH (
  'connector' = 'zookeeper',
  'connect-string' = 'localhost:2181',
  'path' = '/settings/{service}/{flag}',
  'format' = 'json'
);

-- Missing znodes are created, those that exist are set: the second statement makes version 1 of one of them.
INSERT INTO settings (service, flag, enabled, rollout) VALUES ('cart', 'new-ui', TRUE, 10), ('cart', 'dark', FALSE, 0);
INSERT INTO settings (service, flag, enabled, rollout) VALUES ('cart', 'new-ui', TRUE, 50);

SELECT * FROM settings;

-- A lookup join reads the znode of each row's key, many at a time.
CREATE TEMPORARY VIEW visits AS
SELECT id, service, PROCTIME() AS proc_time FROM (VALUES (1, 'cart'), (2, 'search')) AS v (id, service);

SELECT v.id, s.rollout
FROM visits AS v
LEFT JOIN settings FOR SYSTEM_TIME AS OF v.proc_time AS s ON s.service = v.service AND s.flag = 'new-ui';

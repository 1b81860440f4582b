-- SPDX-License-Identifier: Apache-2.0

-- Who holds which lock for how long: the table of locks says who holds it now, a copy of that says since when, and a
-- window sums it up.
SET 'execution.checkpointing.interval' = '500 ms';
SET 'table.exec.sink.require-on-conflict' = 'false';

CREATE TABLE locks (
  resource STRING,
  owner    STRING,
  `state`  STRING METADATA VIRTUAL,
  PRIMARY KEY (resource, owner) NOT ENFORCED
) WITH (
  'connector' = 'zookeeper',
  'connect-string' = 'localhost:2181',
  'recipe' = 'lock',
  'path' = '/shop-locks/{resource}'
);

-- Two workers take turns at the printer, as commands tell: each second one of them acquires or releases.
CREATE TABLE commands (
  n       INT,
  worker  AS CASE n WHEN 0 THEN 'ann' WHEN 1 THEN 'bob' ELSE IF(MOD(n / 2, 2) = 1, 'ann', 'bob') END,
  command AS IF(n >= 2 AND MOD(n, 2) = 0, 'RELEASE', 'ACQUIRE'),
  told    AS PROCTIME()
) WITH (
  'connector' = 'datagen', 'rows-per-second' = '1', 'fields.n.kind' = 'sequence', 'fields.n.start' = '0',
  'fields.n.end' = '999'
);

-- The last command of each worker says whether there is a row, and a row is a place in the queue.
INSERT INTO locks (resource, owner)
SELECT 'printer', worker FROM (
  SELECT *, ROW_NUMBER() OVER (PARTITION BY worker ORDER BY told DESC) AS latest FROM commands
) WHERE latest = 1 AND command = 'ACQUIRE';

-- When a lock was granted is not in its queue, so whoever holds it is written down.
CREATE TABLE holders (
  resource STRING,
  owner    STRING,
  PRIMARY KEY (resource) NOT ENFORCED
) WITH (
  'connector' = 'zookeeper',
  'connect-string' = 'localhost:2181',
  'path' = '/shop-holders/{resource}'
);
INSERT INTO holders SELECT resource, owner FROM locks WHERE `state` = 'HELD';

CREATE TABLE holder_changes (
  resource STRING,
  owner    STRING,
  changed  TIMESTAMP_LTZ(3) METADATA FROM 'mtime' VIRTUAL,
  WATERMARK FOR changed AS changed - INTERVAL '1' SECOND
) WITH (
  'connector' = 'zookeeper',
  'connect-string' = 'localhost:2181',
  'path' = '/shop-holders/{resource}',
  'scan.changelog-mode' = 'append'
);

-- A change ends what was before it.
CREATE TEMPORARY VIEW holdings AS
SELECT
  resource,
  LAG(owner) OVER (PARTITION BY resource ORDER BY changed) AS owner,
  LAG(changed) OVER (PARTITION BY resource ORDER BY changed) AS began,
  changed AS ended
FROM holder_changes;

SELECT window_start, resource, owner, COUNT(*) AS holdings, SUM(TIMESTAMPDIFF(SECOND, began, ended)) AS seconds
FROM TABLE(TUMBLE(TABLE holdings, DESCRIPTOR(ended), INTERVAL '4' SECONDS))
WHERE owner IS NOT NULL
GROUP BY window_start, window_end, resource, owner;

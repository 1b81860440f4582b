-- SPDX-License-Identifier: Apache-2.0

-- While this script runs, another program works with the same ZooKeeper: service instances register, move and die,
-- and somebody edits feature flags.
-- A catalog is a ZooKeeper to look around in. It is all that is needed to see something.
CREATE CATALOG IF NOT EXISTS zk WITH (
  'type' = 'zookeeper',
  'connect-string' = 'localhost:2181'
);
USE CATALOG zk;

-- What is there? A table for each znode below the root.
SHOW TABLES FROM tree;

-- In the database `tree` the name of a table is a path template: each znode /flags/<service>/<flag> is a row.
SET 'execution.runtime-mode' = 'batch';
SELECT service, flag, data, version FROM tree.`/flags/{service}/{flag}`;
RESET 'execution.runtime-mode';

-- A table of one's own takes the data apart: here the JSON that Curator's service discovery registers. The path gives
-- the first two columns, the JSON the next two, ZooKeeper itself the last. The catalog keeps the definition.
CREATE TABLE IF NOT EXISTS services (
  service    STRING,
  id         STRING,
  address    STRING,
  port       INT,
  changed_at TIMESTAMP_LTZ(3) METADATA FROM 'mtime' VIRTUAL,
  PRIMARY KEY (service, id) NOT ENFORCED
) WITH (
  'path' = '/services/{service}/{id}',
  'format' = 'json'
);

CREATE TABLE IF NOT EXISTS flags (
  service STRING,
  flag    STRING,
  enabled BOOLEAN,
  rollout INT,
  PRIMARY KEY (service, flag) NOT ENFORCED
) WITH (
  'path' = '/flags/{service}/{flag}',
  'format' = 'json'
);

-- The fleet as it is, and then as it changes: +I an instance registers, -U +U it moves to another port, -D it dies or
-- leaves.
SET 'table.display.max-column-width' = '12';
SELECT * FROM services;

-- How many instances run with which flag: a join of the two tables that follows both.
SELECT f.service, f.flag, f.rollout, s.instances
FROM flags AS f
JOIN (SELECT service, COUNT(*) AS instances FROM services GROUP BY service) AS s ON s.service = f.service
WHERE f.enabled;

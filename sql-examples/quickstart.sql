-- SPDX-License-Identifier: Apache-2.0

-- While this script runs, another program works with the same ZooKeeper: service instances register, move and die,
-- and somebody edits feature flags.
SET 'table.display.max-column-width' = '12';

-- Each znode /services/<service>/<id> is a row: what Curator's service discovery registers. The path gives the first
-- two columns, the JSON in the znode the next two, ZooKeeper itself the last.
CREATE TABLE services (
  service    STRING,
  id         STRING,
  address    STRING,
  port       INT,
  changed_at TIMESTAMP_LTZ(3) METADATA FROM 'mtime' VIRTUAL,
  PRIMARY KEY (service, id) NOT ENFORCED
) WITH (
  'connector' = 'zookeeper',
  'connect-string' = 'localhost:2181',
  'path' = '/services/{service}/{id}',
  'format' = 'json'
);

-- Each znode /flags/<service>/<flag> is a row, too.
CREATE TABLE flags (
  service STRING,
  flag    STRING,
  enabled BOOLEAN,
  rollout INT,
  PRIMARY KEY (service, flag) NOT ENFORCED
) WITH (
  'connector' = 'zookeeper',
  'connect-string' = 'localhost:2181',
  'path' = '/flags/{service}/{flag}',
  'format' = 'json'
);

-- The fleet as it is, and then as it changes: +I an instance registers, -U +U it moves to another port, -D it dies or
-- leaves.
SELECT * FROM services;

-- How many instances run with which flag: a join of the two tables that follows both.
SELECT f.service, f.flag, f.rollout, s.instances
FROM flags AS f
JOIN (SELECT service, COUNT(*) AS instances FROM services GROUP BY service) AS s ON s.service = f.service
WHERE f.enabled;

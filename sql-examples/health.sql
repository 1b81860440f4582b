-- SPDX-License-Identifier: Apache-2.0

-- The health of a fleet whose instances register with Curator's service discovery: are there as many as there should
-- be? Without the next line the query goes on, and tells of each service that gets into trouble or out of it.
SET 'execution.runtime-mode' = 'batch';

-- An instance is there as long as its ephemeral znode is; the JSON is Curator's, with the payload of the program.
-- `enabled` is there only if Curator was told to write it.
CREATE TABLE instances (
  service STRING,
  id      STRING,
  address STRING,
  port    INT,
  enabled BOOLEAN,
  payload ROW<`release` STRING>,
  PRIMARY KEY (service, id) NOT ENFORCED
) WITH (
  'connector' = 'zookeeper',
  'connect-string' = 'localhost:2181',
  'path' = '/services/{service}/{id}',
  'format' = 'json'
);

-- How many there should be: edited by people, in /fleet/<service>.
CREATE TABLE fleet (
  service STRING,
  wanted  INT,
  PRIMARY KEY (service) NOT ENFORCED
) WITH (
  'connector' = 'zookeeper',
  'connect-string' = 'localhost:2181',
  'path' = '/fleet/{service}',
  'format' = 'json'
);

INSERT INTO fleet VALUES ('checkout', 2), ('search', 3), ('payment', 1);

SELECT
  f.service,
  CASE WHEN COUNT(i.id) >= f.wanted THEN 'OK' WHEN COUNT(i.id) > 0 THEN 'DEGRADED' ELSE 'DOWN' END AS health,
  COUNT(i.id) AS instances,
  f.wanted,
  MIN(i.payload.`release`) AS oldest_release
FROM fleet AS f
LEFT JOIN instances AS i ON i.service = f.service AND i.enabled IS NOT FALSE
GROUP BY f.service, f.wanted;

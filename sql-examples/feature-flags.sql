-- SPDX-License-Identifier: Apache-2.0

-- Feature flags that a stream of visits asks: who sees the new page. What the lookups found is kept until its znode
-- changes, so that visits cost no requests, and a flag that somebody edits counts from the next visit on. Without the
-- next line, and with visits that do not end, this is a streaming job.
SET 'execution.runtime-mode' = 'batch';

CREATE TABLE features (
  service STRING,
  feature STRING,
  enabled BOOLEAN,
  rollout INT,
  PRIMARY KEY (service, feature) NOT ENFORCED
) WITH (
  'connector' = 'zookeeper',
  'connect-string' = 'localhost:2181',
  'path' = '/features/{service}/{feature}',
  'format' = 'json',
  'lookup.cache' = 'PARTIAL',
  'lookup.partial-cache.max-rows' = '10000'
);

INSERT INTO features VALUES ('shop', 'new-page', TRUE, 30), ('shop', 'dark-mode', FALSE, 100);

-- Visitors 10, 11 and so on to 49.
CREATE TABLE visits (
  visitor INT,
  t       AS PROCTIME()
) WITH (
  'connector' = 'datagen',
  'number-of-rows' = '40',
  'fields.visitor.kind' = 'sequence',
  'fields.visitor.start' = '10',
  'fields.visitor.end' = '49'
);

-- The page is for three visitors out of ten, always the same ones. Nobody has switched the sale on.
SELECT COUNT(*) AS visits, COUNT(n.feature) AS new_page, COUNT(s.feature) AS sale
FROM visits AS v
LEFT JOIN features FOR SYSTEM_TIME AS OF v.t AS n
  ON n.service = 'shop' AND n.feature = 'new-page' AND n.enabled AND MOD(v.visitor, 10) * 10 < n.rollout
LEFT JOIN features FOR SYSTEM_TIME AS OF v.t AS s
  ON s.service = 'shop' AND s.feature = 'sale' AND s.enabled;

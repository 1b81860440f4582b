-- SPDX-License-Identifier: Apache-2.0

-- Services that register with Curator's service discovery (curator-x-discovery). The base path is the program's choice:
-- change /services to yours.
-- Checked against Curator 5.9.0, which registers in the test.
-- Source of the layout: org.apache.curator.x.discovery.ServiceInstance of Apache Curator.
SET 'execution.runtime-mode' = 'batch';

CREATE CATALOG IF NOT EXISTS zk WITH (
  'type' = 'zookeeper',
  'connect-string' = 'localhost:2181'
);
CREATE DATABASE IF NOT EXISTS zk.curator COMMENT 'Apache Curator''s service discovery';
USE zk.curator;

-- An instance is there as long as its ephemeral znode is. (Those of the type STATIC are persistent.)
CREATE TABLE IF NOT EXISTS instances (
  service             STRING,
  id                  STRING,
  address             STRING,
  port                INT,
  sslPort             INT,
  payload             STRING COMMENT 'JSON of the program',
  registrationTimeUTC BIGINT,
  serviceType         STRING COMMENT 'DYNAMIC, STATIC, PERMANENT or DYNAMIC_SEQUENTIAL',
  enabled             BOOLEAN COMMENT 'NULL unless Curator was told to write it',
  registered_at AS TO_TIMESTAMP_LTZ(registrationTimeUTC, 3),
  PRIMARY KEY (service, id) NOT ENFORCED
) WITH ('path' = '/services/{service}/{id}', 'format' = 'json');

-- Who can be called.
CREATE VIEW IF NOT EXISTS services AS
SELECT service, COUNT(*) AS instances, MIN(registered_at) AS oldest, MAX(registered_at) AS youngest
FROM instances
WHERE enabled IS NOT FALSE
GROUP BY service;

SELECT service, instances FROM services;

SELECT address, port, payload FROM instances WHERE service = 'checkout' AND enabled IS NOT FALSE;

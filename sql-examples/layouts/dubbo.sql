-- SPDX-License-Identifier: Apache-2.0

-- What Dubbo's ZooKeeper registry keeps: of each interface its providers and consumers, and from 3.0 on of each
-- application its instances. The group, /dubbo here, is configurable.
-- Checked against registrations of Dubbo 2.7 and 3.1 in its documentation; not against a running application.
-- Source of the layout: ZookeeperRegistry, ZookeeperServiceDiscovery and ServiceNameMapping of Apache Dubbo.
SET 'execution.runtime-mode' = 'batch';

CREATE CATALOG IF NOT EXISTS zk WITH (
  'type' = 'zookeeper',
  'connect-string' = 'localhost:2181'
);
CREATE DATABASE IF NOT EXISTS zk.dubbo COMMENT 'Apache Dubbo';
USE zk.dubbo;

-- The name of the znode is the URL, encoded.
CREATE TABLE IF NOT EXISTS providers (
  service     STRING,
  url         STRING,
  protocol    AS REGEXP_EXTRACT(url, '^([^:]+)://', 1),
  address     AS REGEXP_EXTRACT(url, '://([^/?]+)', 1),
  application AS REGEXP_EXTRACT(url, '[?&]application=([^&]*)', 1),
  dubbo_version AS REGEXP_EXTRACT(url, '[?&]release=([^&]*)', 1),
  PRIMARY KEY (service, url) NOT ENFORCED
) WITH ('path' = '/dubbo/{service}/providers/{url}', 'path.encoding' = 'url');

CREATE TABLE IF NOT EXISTS consumers (
  service     STRING,
  url         STRING,
  address     AS REGEXP_EXTRACT(url, '://([^/?]+)', 1),
  application AS REGEXP_EXTRACT(url, '[?&]application=([^&]*)', 1),
  PRIMARY KEY (service, url) NOT ENFORCED
) WITH ('path' = '/dubbo/{service}/consumers/{url}', 'path.encoding' = 'url');

-- Instances of applications, registered with Curator's service discovery.
CREATE TABLE IF NOT EXISTS instances (
  application STRING,
  id          STRING,
  address     STRING,
  port        INT,
  payload     ROW<metadata MAP<STRING, STRING>>,
  revision AS payload.metadata['dubbo.metadata.revision'],
  PRIMARY KEY (application, id) NOT ENFORCED
) WITH ('path' = '/services/{application}/{id}', 'format' = 'json');

-- Which applications have an interface, separated by commas.
CREATE TABLE IF NOT EXISTS mapping (
  service      STRING,
  applications STRING,
  PRIMARY KEY (service) NOT ENFORCED
) WITH ('path' = '/dubbo/mapping/{service}');

-- Rules and settings that were published for all or for an application.
CREATE TABLE IF NOT EXISTS rules (
  rule_group STRING,
  rule_key   STRING,
  content    STRING,
  PRIMARY KEY (rule_group, rule_key) NOT ENFORCED
) WITH ('path' = '/dubbo/config/{rule_group}/{rule_key}');

-- Everybody who can be called, registered either way.
CREATE VIEW IF NOT EXISTS endpoints AS
SELECT service, application, address FROM providers
UNION
SELECT m.service, i.application, CONCAT(i.address, ':', CAST(i.port AS STRING))
FROM mapping AS m
JOIN instances AS i ON CONCAT(',', m.applications, ',') LIKE CONCAT('%,', i.application, ',%');

SELECT service, COUNT(DISTINCT address) AS endpoints FROM endpoints GROUP BY service;

-- Who calls what nobody provides?
SELECT c.service, c.application, c.address
FROM consumers AS c
WHERE NOT EXISTS (SELECT 1 FROM endpoints AS e WHERE e.service = c.service);

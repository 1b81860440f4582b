-- SPDX-License-Identifier: Apache-2.0

-- Services and configuration of Spring Cloud ZooKeeper, below its defaults /services
-- (spring.cloud.zookeeper.discovery.root) and /config (spring.cloud.zookeeper.config.root).
-- Checked against the sources of its main branch; not against a running application.
-- Source of the layout: ZookeeperInstance and ZookeeperPropertySource of spring-cloud-zookeeper.
SET 'execution.runtime-mode' = 'batch';

CREATE CATALOG IF NOT EXISTS zk WITH (
  'type' = 'zookeeper',
  'connect-string' = 'localhost:2181'
);
CREATE DATABASE IF NOT EXISTS zk.spring_cloud COMMENT 'Spring Cloud ZooKeeper';
USE zk.spring_cloud;

CREATE TABLE IF NOT EXISTS instances (
  service             STRING,
  id                  STRING,
  address             STRING,
  port                INT,
  sslPort             INT,
  payload             ROW<id STRING, name STRING, metadata MAP<STRING, STRING>>,
  registrationTimeUTC BIGINT,
  status AS COALESCE(payload.metadata['instance_status'], 'UP') COMMENT 'UP or OUT_OF_SERVICE',
  registered_at AS TO_TIMESTAMP_LTZ(registrationTimeUTC, 3),
  PRIMARY KEY (service, id) NOT ENFORCED
) WITH ('path' = '/services/{service}/{id}', 'format' = 'json');

-- One property per znode: /config/<application>[,<profile>]/<property>, whose slashes stand for dots.
CREATE TABLE IF NOT EXISTS properties (
  context    STRING COMMENT 'an application, an application and a profile, or `application` for all',
  property   STRING,
  text       STRING,
  changed_at TIMESTAMP_LTZ(3) METADATA FROM 'mtime' VIRTUAL,
  PRIMARY KEY (context, property) NOT ENFORCED
) WITH ('path' = '/config/{context}/{*property}');

-- How many instances of each service can be called, and which cannot.
SELECT
  service,
  COUNT(*) FILTER (WHERE status = 'UP') AS up,
  COUNT(*) FILTER (WHERE status <> 'UP') AS out_of_service
FROM instances
GROUP BY service;

-- What an application is configured with.
SELECT context, REPLACE(property, '/', '.') AS property, text
FROM properties
WHERE context IN ('application', 'checkout') AND text IS NOT NULL;

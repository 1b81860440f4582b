// SPDX-License-Identifier: Apache-2.0
package io.zkflink.client;

/**
 * How a session has fared.
 *
 * @param connected whether requests can be sent now
 * @param reconnects how often the connection came back, with the same session or a new one
 * @param expiries how often the session expired
 */
public record ConnectionStatistics(boolean connected, long reconnects, long expiries) {}

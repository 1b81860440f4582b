// SPDX-License-Identifier: Apache-2.0
package io.zkflink.client.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.security.cert.CertPathBuilderException;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.Test;

class TlsProbeTest {

    @Test
    void aCertificateThatHasExpiredIsCalledExpired() {
        assertThat(TlsProbe.refusal(failure(new CertificateExpiredException("NotAfter: Sat Jan 01 00:00:00 UTC 2022"))))
                .hasMessage("the server's certificate, or that of who signed it, has expired (NotAfter: Sat Jan 01"
                        + " 00:00:00 UTC 2022); renew it at the server");
        assertThat(TlsProbe.refusal(failure(new CertificateNotYetValidException("NotBefore: tomorrow"))))
                .hasMessage("the server's certificate, or that of who signed it, is not valid yet (NotBefore:"
                        + " tomorrow); check the clocks of both machines");
        assertThat(TlsProbe.refusal(new SSLHandshakeException("Received fatal alert: certificate_expired")))
                .hasMessage("the server refused the TLS handshake (Received fatal alert: certificate_expired): this"
                        + " client's certificate has expired; renew the one in 'ssl.keystore.location'");
    }

    @Test
    void aCauseIsToldByItsType() {
        Exception unknown = new CertPathBuilderException("unable to find valid certification path");
        assertThat(TlsProbe.refusal(failure(unknown)))
                .isInstanceOf(TlsProbe.Refusal.class)
                .hasMessageStartingWith("the server's certificate is not trusted (unable to find valid");
        assertThat(TlsProbe.refusal(failure(new CertificateException("No name matching a found"))))
                .isInstanceOf(TlsProbe.Refusal.class)
                .hasMessageStartingWith("the server's certificate is for another host (No name matching a found)");
        assertThat(TlsProbe.refusal(new SSLHandshakeException("Received fatal alert: bad_certificate")))
                .isInstanceOf(TlsProbe.Refusal.class)
                .hasMessageContaining("(Received fatal alert: bad_certificate); check 'ssl.keystore.location'");
        assertThat(TlsProbe.refusal(new SSLException("Unsupported or unrecognized SSL message")))
                .isNotInstanceOf(TlsProbe.Refusal.class)
                .hasMessageStartingWith("no TLS handshake was possible");
    }

    private static SSLException failure(Exception innermost) {
        CertPathValidatorException path = new CertPathValidatorException("validity check failed", innermost);
        SSLException failure = new SSLHandshakeException("PKIX path validation failed: " + path);
        failure.initCause(path);
        return failure;
    }
}

/**
 * {@code web_fetch} over {@code Outbound}: redirects within the agent's rules, and answers as text that a model reads. Knows no
 * credential, and sends none.
 */
package io.dormouse.web.fetch;

/**
 * Pages of the web, behind one port, and what an agent's toolset says about them. Knows nothing of HTTP or of HTML, and no
 * credential goes along with such a request.
 */
package io.dormouse.web;

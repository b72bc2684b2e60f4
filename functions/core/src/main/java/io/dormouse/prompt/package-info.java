/** The log as model input, and the port to the model. Knows the Messages wire format, and no HTTP. */
package io.dormouse.prompt;

// What is deployed is traced by AWS X-Ray, which has Node tell it of every promise. Here nobody looks at that, and it would take half of
// the time. It is read when the SDK of X-Ray is loaded, so this has to be imported first.
process.env['AWS_XRAY_MANUAL_MODE'] = 'yes';

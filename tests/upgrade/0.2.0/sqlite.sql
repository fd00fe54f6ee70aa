-- The tables as version 0.2.0 made them. Never changed: an upgrade begins here.
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
CREATE TABLE admin (
	name VARCHAR(200) NOT NULL, 
	email VARCHAR(254) NOT NULL, 
	password VARCHAR(255) NOT NULL, 
	must_change_password BOOLEAN NOT NULL, 
	active BOOLEAN NOT NULL, 
	fs_uniquifier VARCHAR(64) NOT NULL, 
	created_at DATETIME NOT NULL, 
	id INTEGER NOT NULL, sealed_totp_secret BLOB, last_code_step INTEGER, 
	CONSTRAINT pk_admin PRIMARY KEY (id), 
	CONSTRAINT uq_admin_email UNIQUE (email), 
	CONSTRAINT uq_admin_fs_uniquifier UNIQUE (fs_uniquifier)
);
CREATE TABLE audit_entry (
	at DATETIME NOT NULL, 
	site VARCHAR(16) NOT NULL, 
	actor VARCHAR(254) NOT NULL, 
	address VARCHAR(64) NOT NULL, 
	act VARCHAR(64) NOT NULL, 
	subject VARCHAR(200) NOT NULL, 
	"before" JSON, 
	"after" JSON, 
	id INTEGER NOT NULL, student_id INTEGER, 
	CONSTRAINT pk_audit_entry PRIMARY KEY (id)
);
CREATE TABLE failed_try (
	subject VARCHAR(64) NOT NULL, 
	failed_at DATETIME NOT NULL, 
	id INTEGER NOT NULL, 
	CONSTRAINT pk_failed_try PRIMARY KEY (id)
);
CREATE TABLE job (
	kind VARCHAR(32) NOT NULL, 
	subject_id INTEGER NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	done INTEGER NOT NULL, 
	total INTEGER NOT NULL, 
	sentence TEXT NOT NULL, 
	created_at DATETIME NOT NULL, 
	finished_at DATETIME, 
	id INTEGER NOT NULL, fates JSON, advanced_at DATETIME, 
	CONSTRAINT pk_job PRIMARY KEY (id)
);
CREATE TABLE school_class (
	class_code VARCHAR(64) NOT NULL, 
	name VARCHAR(200) NOT NULL, 
	active BOOLEAN NOT NULL, 
	id INTEGER NOT NULL, 
	CONSTRAINT pk_school_class PRIMARY KEY (id), 
	CONSTRAINT uq_school_class_class_code UNIQUE (class_code)
);
CREATE TABLE sign_in (
	token_digest VARCHAR(64) NOT NULL, 
	site VARCHAR(16) NOT NULL, 
	account_id INTEGER NOT NULL, 
	device VARCHAR(200) NOT NULL, 
	began_at DATETIME NOT NULL, 
	last_seen_at DATETIME NOT NULL, 
	id INTEGER NOT NULL, 
	CONSTRAINT pk_sign_in PRIMARY KEY (id), 
	CONSTRAINT uq_sign_in_token_digest UNIQUE (token_digest)
);
CREATE TABLE teacher (
	name VARCHAR(200) NOT NULL, 
	email VARCHAR(254) NOT NULL, 
	password VARCHAR(255) NOT NULL, 
	must_change_password BOOLEAN NOT NULL, 
	active BOOLEAN NOT NULL, 
	fs_uniquifier VARCHAR(64) NOT NULL, 
	created_at DATETIME NOT NULL, 
	id INTEGER NOT NULL, 
	CONSTRAINT pk_teacher PRIMARY KEY (id), 
	CONSTRAINT uq_teacher_email UNIQUE (email), 
	CONSTRAINT uq_teacher_fs_uniquifier UNIQUE (fs_uniquifier)
);
CREATE TABLE lecture (
	subject VARCHAR(200) NOT NULL, 
	teacher_id INTEGER NOT NULL, 
	starts_at DATETIME NOT NULL, 
	ends_at DATETIME NOT NULL, 
	closed_at DATETIME, 
	opening_key VARCHAR(64) NOT NULL, 
	id INTEGER NOT NULL, 
	CONSTRAINT pk_lecture PRIMARY KEY (id), 
	CONSTRAINT fk_lecture_teacher_id_teacher FOREIGN KEY(teacher_id) REFERENCES teacher (id), 
	CONSTRAINT uq_lecture_opening_key UNIQUE (opening_key)
);
CREATE TABLE student (
	class_id INTEGER NOT NULL, 
	roll_id VARCHAR(64) NOT NULL, 
	name VARCHAR(200) NOT NULL, 
	email VARCHAR(254), 
	parent1_email VARCHAR(254), 
	parent2_email VARCHAR(254), 
	language VARCHAR(16) NOT NULL, 
	active BOOLEAN NOT NULL, 
	id INTEGER NOT NULL, erasure_key VARCHAR(64) DEFAULT '' NOT NULL, 
	CONSTRAINT pk_student PRIMARY KEY (id), 
	CONSTRAINT fk_student_class_id_school_class FOREIGN KEY(class_id) REFERENCES school_class (id), 
	CONSTRAINT uq_student_class_id_roll_id UNIQUE (class_id, roll_id)
);
CREATE TABLE teaching (
	teacher_id INTEGER NOT NULL, 
	class_id INTEGER NOT NULL, 
	id INTEGER NOT NULL, 
	CONSTRAINT pk_teaching PRIMARY KEY (id), 
	CONSTRAINT fk_teaching_class_id_school_class FOREIGN KEY(class_id) REFERENCES school_class (id) ON DELETE CASCADE, 
	CONSTRAINT fk_teaching_teacher_id_teacher FOREIGN KEY(teacher_id) REFERENCES teacher (id) ON DELETE CASCADE, 
	CONSTRAINT uq_teaching_teacher_id_class_id UNIQUE (teacher_id, class_id)
);
CREATE TABLE consent (
	student_id INTEGER NOT NULL, 
	text TEXT NOT NULL, 
	given_by VARCHAR(200) NOT NULL, 
	given_at DATETIME NOT NULL, 
	recorded_by_id INTEGER NOT NULL, 
	withdrawn_at DATETIME, 
	withdrawal_recorded_by_id INTEGER, 
	id INTEGER NOT NULL, 
	CONSTRAINT pk_consent PRIMARY KEY (id), 
	CONSTRAINT fk_consent_recorded_by_id_admin FOREIGN KEY(recorded_by_id) REFERENCES admin (id), 
	CONSTRAINT fk_consent_student_id_student FOREIGN KEY(student_id) REFERENCES student (id) ON DELETE CASCADE, 
	CONSTRAINT fk_consent_withdrawal_recorded_by_id_admin FOREIGN KEY(withdrawal_recorded_by_id) REFERENCES admin (id)
);
CREATE TABLE enrolment_photo (
	student_id INTEGER NOT NULL, 
	file_name VARCHAR(200) NOT NULL, 
	sealed_photo BLOB NOT NULL, 
	sealed_descriptor BLOB, 
	verdict VARCHAR(32), 
	quality DOUBLE NOT NULL, 
	added_at DATETIME NOT NULL, 
	id INTEGER NOT NULL, 
	CONSTRAINT pk_enrolment_photo PRIMARY KEY (id), 
	CONSTRAINT fk_enrolment_photo_student_id_student FOREIGN KEY(student_id) REFERENCES student (id) ON DELETE CASCADE
);
CREATE TABLE face_model (
	student_id INTEGER NOT NULL, 
	sealed_model BLOB NOT NULL, 
	photo_count INTEGER NOT NULL, 
	is_weak BOOLEAN NOT NULL, 
	trained_at DATETIME NOT NULL, 
	id INTEGER NOT NULL, version INTEGER DEFAULT '0' NOT NULL, 
	CONSTRAINT pk_face_model PRIMARY KEY (id), 
	CONSTRAINT fk_face_model_student_id_student FOREIGN KEY(student_id) REFERENCES student (id) ON DELETE CASCADE, 
	CONSTRAINT uq_face_model_student_id UNIQUE (student_id)
);
CREATE TABLE kiosk_pass (
	token_digest VARCHAR(64) NOT NULL, 
	lecture_id INTEGER NOT NULL, 
	teacher_id INTEGER NOT NULL, 
	device VARCHAR(200) NOT NULL, 
	opened_at DATETIME NOT NULL, 
	last_seen_at DATETIME NOT NULL, 
	ended_at DATETIME, 
	id INTEGER NOT NULL, public_key VARCHAR(200), 
	CONSTRAINT pk_kiosk_pass PRIMARY KEY (id), 
	CONSTRAINT fk_kiosk_pass_lecture_id_lecture FOREIGN KEY(lecture_id) REFERENCES lecture (id) ON DELETE CASCADE, 
	CONSTRAINT fk_kiosk_pass_teacher_id_teacher FOREIGN KEY(teacher_id) REFERENCES teacher (id), 
	CONSTRAINT uq_kiosk_pass_token_digest UNIQUE (token_digest)
);
CREATE TABLE lecture_class (
	lecture_id INTEGER NOT NULL, 
	class_id INTEGER NOT NULL, 
	id INTEGER NOT NULL, 
	CONSTRAINT pk_lecture_class PRIMARY KEY (id), 
	CONSTRAINT fk_lecture_class_class_id_school_class FOREIGN KEY(class_id) REFERENCES school_class (id), 
	CONSTRAINT fk_lecture_class_lecture_id_lecture FOREIGN KEY(lecture_id) REFERENCES lecture (id) ON DELETE CASCADE, 
	CONSTRAINT uq_lecture_class_lecture_id_class_id UNIQUE (lecture_id, class_id)
);
CREATE TABLE mark (
	lecture_id INTEGER NOT NULL, 
	student_id INTEGER NOT NULL, 
	status VARCHAR(32) NOT NULL, 
	source VARCHAR(32) NOT NULL, 
	marked_at DATETIME NOT NULL, 
	note VARCHAR(500) NOT NULL, 
	id INTEGER NOT NULL, 
	CONSTRAINT pk_mark PRIMARY KEY (id), 
	CONSTRAINT fk_mark_lecture_id_lecture FOREIGN KEY(lecture_id) REFERENCES lecture (id) ON DELETE CASCADE, 
	CONSTRAINT fk_mark_student_id_student FOREIGN KEY(student_id) REFERENCES student (id) ON DELETE CASCADE, 
	CONSTRAINT uq_mark_lecture_id_student_id UNIQUE (lecture_id, student_id)
);
CREATE TABLE mark_change (
	lecture_id INTEGER NOT NULL, 
	student_id INTEGER NOT NULL, 
	teacher_id INTEGER, 
	source VARCHAR(32) NOT NULL, 
	was VARCHAR(32), 
	becomes VARCHAR(32), 
	note VARCHAR(500) NOT NULL, 
	changed_at DATETIME NOT NULL, 
	id INTEGER NOT NULL, 
	CONSTRAINT pk_mark_change PRIMARY KEY (id), 
	CONSTRAINT fk_mark_change_lecture_id_lecture FOREIGN KEY(lecture_id) REFERENCES lecture (id) ON DELETE CASCADE, 
	CONSTRAINT fk_mark_change_student_id_student FOREIGN KEY(student_id) REFERENCES student (id) ON DELETE CASCADE, 
	CONSTRAINT fk_mark_change_teacher_id_teacher FOREIGN KEY(teacher_id) REFERENCES teacher (id)
);
CREATE TABLE sheet_upload (
	lecture_id INTEGER NOT NULL, 
	teacher_id INTEGER NOT NULL, 
	file_name VARCHAR(200) NOT NULL, 
	review_key VARCHAR(64) NOT NULL, 
	applied_at DATETIME NOT NULL, 
	undone_at DATETIME, 
	id INTEGER NOT NULL, 
	CONSTRAINT pk_sheet_upload PRIMARY KEY (id), 
	CONSTRAINT fk_sheet_upload_lecture_id_lecture FOREIGN KEY(lecture_id) REFERENCES lecture (id) ON DELETE CASCADE, 
	CONSTRAINT fk_sheet_upload_teacher_id_teacher FOREIGN KEY(teacher_id) REFERENCES teacher (id), 
	CONSTRAINT uq_sheet_upload_review_key UNIQUE (review_key)
);
CREATE TABLE sheet_mark_change (
	upload_id INTEGER NOT NULL, 
	student_id INTEGER NOT NULL, 
	was VARCHAR(32), 
	was_note VARCHAR(500) NOT NULL, 
	was_source VARCHAR(32), 
	was_marked_at DATETIME, 
	becomes VARCHAR(32) NOT NULL, 
	becomes_note VARCHAR(500) NOT NULL, 
	id INTEGER NOT NULL, 
	CONSTRAINT pk_sheet_mark_change PRIMARY KEY (id), 
	CONSTRAINT fk_sheet_mark_change_student_id_student FOREIGN KEY(student_id) REFERENCES student (id) ON DELETE CASCADE, 
	CONSTRAINT fk_sheet_mark_change_upload_id_sheet_upload FOREIGN KEY(upload_id) REFERENCES sheet_upload (id) ON DELETE CASCADE
);
CREATE TABLE check_in (
	kiosk_pass_id INTEGER NOT NULL, 
	idempotency_key VARCHAR(64) NOT NULL, 
	lecture_id INTEGER NOT NULL, 
	student_id INTEGER, 
	outcome VARCHAR(32) NOT NULL, 
	answered_at DATETIME NOT NULL, 
	id INTEGER NOT NULL, 
	CONSTRAINT pk_check_in PRIMARY KEY (id), 
	CONSTRAINT fk_check_in_kiosk_pass_id_kiosk_pass FOREIGN KEY(kiosk_pass_id) REFERENCES kiosk_pass (id) ON DELETE CASCADE, 
	CONSTRAINT fk_check_in_lecture_id_lecture FOREIGN KEY(lecture_id) REFERENCES lecture (id) ON DELETE CASCADE, 
	CONSTRAINT fk_check_in_student_id_student FOREIGN KEY(student_id) REFERENCES student (id) ON DELETE CASCADE, 
	CONSTRAINT uq_check_in_kiosk_pass_id_idempotency_key UNIQUE (kiosk_pass_id, idempotency_key)
);
CREATE TABLE outgoing_mail (
	lecture_id INTEGER NOT NULL, 
	student_id INTEGER NOT NULL, 
	address VARCHAR(254) NOT NULL, 
	status VARCHAR(32) NOT NULL, 
	state VARCHAR(32) NOT NULL, 
	reason VARCHAR(300) NOT NULL, 
	tries INTEGER NOT NULL, 
	corrections INTEGER NOT NULL, 
	queued_at DATETIME NOT NULL, 
	try_at DATETIME NOT NULL, 
	claimed_at DATETIME, 
	settled_at DATETIME, 
	id INTEGER NOT NULL, 
	CONSTRAINT pk_outgoing_mail PRIMARY KEY (id), 
	CONSTRAINT fk_outgoing_mail_lecture_id_lecture FOREIGN KEY(lecture_id) REFERENCES lecture (id) ON DELETE CASCADE, 
	CONSTRAINT fk_outgoing_mail_student_id_student FOREIGN KEY(student_id) REFERENCES student (id) ON DELETE CASCADE, 
	CONSTRAINT uq_outgoing_mail_lecture_id_student_id_address UNIQUE (lecture_id, student_id, address)
);
CREATE TABLE to_confirm (
	lecture_id INTEGER NOT NULL, 
	student_id INTEGER NOT NULL, 
	kiosk_pass_id INTEGER NOT NULL, 
	reason VARCHAR(32) NOT NULL, 
	last_outcome VARCHAR(32), 
	resembled_id INTEGER, 
	score DOUBLE, 
	sealed_picture BLOB, 
	sealed_descriptor BLOB, 
	asked_at DATETIME NOT NULL, 
	waiting BOOLEAN, 
	accepted BOOLEAN, 
	decided_at DATETIME, 
	decided_by_id INTEGER, 
	id INTEGER NOT NULL, quality DOUBLE, 
	CONSTRAINT pk_to_confirm PRIMARY KEY (id), 
	CONSTRAINT fk_to_confirm_decided_by_id_teacher FOREIGN KEY(decided_by_id) REFERENCES teacher (id), 
	CONSTRAINT fk_to_confirm_kiosk_pass_id_kiosk_pass FOREIGN KEY(kiosk_pass_id) REFERENCES kiosk_pass (id) ON DELETE CASCADE, 
	CONSTRAINT fk_to_confirm_lecture_id_lecture FOREIGN KEY(lecture_id) REFERENCES lecture (id) ON DELETE CASCADE, 
	CONSTRAINT fk_to_confirm_resembled_id_student FOREIGN KEY(resembled_id) REFERENCES student (id) ON DELETE SET NULL, 
	CONSTRAINT fk_to_confirm_student_id_student FOREIGN KEY(student_id) REFERENCES student (id) ON DELETE CASCADE, 
	CONSTRAINT uq_to_confirm_lecture_id_student_id_waiting UNIQUE (lecture_id, student_id, waiting)
);
CREATE TABLE kiosk_ticket (
	token_digest VARCHAR(64) NOT NULL, 
	kiosk_pass_id INTEGER NOT NULL, 
	issued_at DATETIME NOT NULL, 
	bound_to VARCHAR(64), 
	id INTEGER NOT NULL, 
	CONSTRAINT pk_kiosk_ticket PRIMARY KEY (id), 
	CONSTRAINT fk_kiosk_ticket_kiosk_pass_id_kiosk_pass FOREIGN KEY(kiosk_pass_id) REFERENCES kiosk_pass (id) ON DELETE CASCADE, 
	CONSTRAINT uq_kiosk_ticket_token_digest UNIQUE (token_digest)
);
CREATE TABLE face_version (
	version INTEGER NOT NULL, 
	removed_at INTEGER NOT NULL, 
	id INTEGER NOT NULL, 
	CONSTRAINT pk_face_version PRIMARY KEY (id)
);
CREATE TABLE look_alikes (
	student_id INTEGER NOT NULL, 
	other_id INTEGER NOT NULL, 
	score DOUBLE NOT NULL, 
	id INTEGER NOT NULL, 
	CONSTRAINT pk_look_alikes PRIMARY KEY (id), 
	CONSTRAINT fk_look_alikes_other_id_student FOREIGN KEY(other_id) REFERENCES student (id) ON DELETE CASCADE, 
	CONSTRAINT fk_look_alikes_student_id_student FOREIGN KEY(student_id) REFERENCES student (id) ON DELETE CASCADE, 
	CONSTRAINT uq_look_alikes_student_id_other_id UNIQUE (student_id, other_id)
);
CREATE TABLE face_flag (
	lecture_id INTEGER NOT NULL, 
	kiosk_pass_id INTEGER NOT NULL, 
	student_id INTEGER NOT NULL, 
	resembled_id INTEGER, 
	same_as_id INTEGER, 
	outcome VARCHAR(32) NOT NULL, 
	sealed_descriptor BLOB, 
	noted_at DATETIME NOT NULL, 
	id INTEGER NOT NULL, 
	CONSTRAINT pk_face_flag PRIMARY KEY (id), 
	CONSTRAINT fk_face_flag_kiosk_pass_id_kiosk_pass FOREIGN KEY(kiosk_pass_id) REFERENCES kiosk_pass (id) ON DELETE CASCADE, 
	CONSTRAINT fk_face_flag_lecture_id_lecture FOREIGN KEY(lecture_id) REFERENCES lecture (id) ON DELETE CASCADE, 
	CONSTRAINT fk_face_flag_resembled_id_student FOREIGN KEY(resembled_id) REFERENCES student (id) ON DELETE CASCADE, 
	CONSTRAINT fk_face_flag_same_as_id_face_flag FOREIGN KEY(same_as_id) REFERENCES face_flag (id) ON DELETE SET NULL, 
	CONSTRAINT fk_face_flag_student_id_student FOREIGN KEY(student_id) REFERENCES student (id) ON DELETE CASCADE
);
CREATE TABLE model_offer (
	student_id INTEGER NOT NULL, 
	lecture_id INTEGER NOT NULL, 
	teacher_id INTEGER, 
	sealed_descriptor BLOB NOT NULL, 
	quality DOUBLE NOT NULL, 
	offered_at DATETIME NOT NULL, 
	id INTEGER NOT NULL, 
	CONSTRAINT pk_model_offer PRIMARY KEY (id), 
	CONSTRAINT fk_model_offer_lecture_id_lecture FOREIGN KEY(lecture_id) REFERENCES lecture (id) ON DELETE CASCADE, 
	CONSTRAINT fk_model_offer_student_id_student FOREIGN KEY(student_id) REFERENCES student (id) ON DELETE CASCADE, 
	CONSTRAINT fk_model_offer_teacher_id_teacher FOREIGN KEY(teacher_id) REFERENCES teacher (id)
);
CREATE TABLE spoof_picture (
	label VARCHAR(64) NOT NULL, 
	source VARCHAR(200) NOT NULL, 
	file_name VARCHAR(200) NOT NULL, 
	sealed_picture BLOB NOT NULL, 
	added_at DATETIME NOT NULL, 
	id INTEGER NOT NULL, 
	CONSTRAINT pk_spoof_picture PRIMARY KEY (id)
);
CREATE TABLE spoof_version (
	digest VARCHAR(64) NOT NULL, 
	sealed_heads BLOB NOT NULL, 
	card JSON NOT NULL, 
	trained_at DATETIME NOT NULL, 
	id INTEGER NOT NULL, 
	CONSTRAINT pk_spoof_version PRIMARY KEY (id), 
	CONSTRAINT uq_spoof_version_digest UNIQUE (digest)
);
CREATE TABLE spoof_activation (
	version_id INTEGER, 
	activated_at DATETIME NOT NULL, 
	id INTEGER NOT NULL, 
	CONSTRAINT pk_spoof_activation PRIMARY KEY (id), 
	CONSTRAINT fk_spoof_activation_version_id_spoof_version FOREIGN KEY(version_id) REFERENCES spoof_version (id)
);
CREATE TABLE spoof_mistake (
	version_id INTEGER NOT NULL, 
	label VARCHAR(64) NOT NULL, 
	source VARCHAR(200) NOT NULL, 
	score DOUBLE NOT NULL, 
	sealed_picture BLOB NOT NULL, 
	added_at DATETIME NOT NULL, 
	id INTEGER NOT NULL, 
	CONSTRAINT pk_spoof_mistake PRIMARY KEY (id), 
	CONSTRAINT fk_spoof_mistake_version_id_spoof_version FOREIGN KEY(version_id) REFERENCES spoof_version (id) ON DELETE CASCADE
);
CREATE TABLE recovery_code (
	admin_id INTEGER NOT NULL, 
	code_digest VARCHAR(64) NOT NULL, 
	id INTEGER NOT NULL, 
	CONSTRAINT pk_recovery_code PRIMARY KEY (id), 
	CONSTRAINT fk_recovery_code_admin_id_admin FOREIGN KEY(admin_id) REFERENCES admin (id) ON DELETE CASCADE, 
	CONSTRAINT uq_recovery_code_admin_id_code_digest UNIQUE (admin_id, code_digest)
);
CREATE TABLE password_link (
	site VARCHAR(16) NOT NULL, 
	email VARCHAR(254) NOT NULL, 
	is_first BOOLEAN NOT NULL, 
	asked_at DATETIME NOT NULL, 
	expires_at DATETIME NOT NULL, 
	try_at DATETIME, 
	tries INTEGER NOT NULL, 
	reason VARCHAR(300) NOT NULL, 
	account_id INTEGER, 
	token_digest VARCHAR(64), 
	id INTEGER NOT NULL, 
	CONSTRAINT pk_password_link PRIMARY KEY (id), 
	CONSTRAINT uq_password_link_token_digest UNIQUE (token_digest)
);
CREATE TABLE erasure (
	digest VARCHAR(64) NOT NULL, 
	what VARCHAR(16) NOT NULL, 
	erased_at DATETIME NOT NULL, 
	id INTEGER NOT NULL, 
	CONSTRAINT pk_erasure PRIMARY KEY (id), 
	CONSTRAINT uq_erasure_digest UNIQUE (digest)
);
CREATE TABLE night (
	night_of VARCHAR(10) NOT NULL, 
	began_at DATETIME NOT NULL, 
	finished_at DATETIME, 
	id INTEGER NOT NULL, 
	CONSTRAINT pk_night PRIMARY KEY (id), 
	CONSTRAINT uq_night_night_of UNIQUE (night_of)
);
CREATE INDEX ix_audit_entry_at ON audit_entry (at);
CREATE INDEX ix_failed_try_subject ON failed_try (subject, failed_at);
CREATE INDEX ix_job_subject ON job (kind, subject_id);
CREATE INDEX ix_sign_in_account ON sign_in (site, account_id);
CREATE INDEX ix_lecture_starts_at ON lecture (starts_at);
CREATE INDEX ix_lecture_teacher ON lecture (teacher_id, starts_at);
CREATE INDEX ix_student_name ON student (name);
CREATE INDEX ix_teaching_class_id ON teaching (class_id);
CREATE INDEX ix_consent_student_id ON consent (student_id);
CREATE INDEX ix_enrolment_photo_student_id ON enrolment_photo (student_id);
CREATE INDEX ix_kiosk_pass_lecture_id ON kiosk_pass (lecture_id);
CREATE INDEX ix_lecture_class_class_id ON lecture_class (class_id);
CREATE INDEX ix_mark_student_id ON mark (student_id);
CREATE INDEX ix_mark_change_lecture ON mark_change (lecture_id, changed_at);
CREATE INDEX ix_mark_change_student_id ON mark_change (student_id);
CREATE INDEX ix_sheet_upload_lecture_id ON sheet_upload (lecture_id);
CREATE INDEX ix_sheet_mark_change_student_id ON sheet_mark_change (student_id);
CREATE INDEX ix_sheet_mark_change_upload_id ON sheet_mark_change (upload_id);
CREATE INDEX ix_check_in_lecture_id ON check_in (lecture_id);
CREATE INDEX ix_check_in_student_id ON check_in (student_id);
CREATE INDEX ix_outgoing_mail_due ON outgoing_mail (state, try_at);
CREATE INDEX ix_outgoing_mail_student_id ON outgoing_mail (student_id);
CREATE INDEX ix_to_confirm_asked_at ON to_confirm (asked_at);
CREATE INDEX ix_to_confirm_student_id ON to_confirm (student_id);
CREATE INDEX ix_kiosk_ticket_pass ON kiosk_ticket (kiosk_pass_id, issued_at);
CREATE INDEX ix_face_model_version ON face_model (version);
CREATE INDEX ix_look_alikes_other_id ON look_alikes (other_id);
CREATE INDEX ix_face_flag_lecture_id ON face_flag (lecture_id);
CREATE INDEX ix_face_flag_noted_at ON face_flag (noted_at);
CREATE INDEX ix_face_flag_resembled_id ON face_flag (resembled_id);
CREATE INDEX ix_face_flag_student_id ON face_flag (student_id);
CREATE INDEX ix_model_offer_offered_at ON model_offer (offered_at);
CREATE INDEX ix_model_offer_student_id ON model_offer (student_id);
CREATE INDEX ix_spoof_picture_added_at ON spoof_picture (added_at);
CREATE INDEX ix_spoof_activation_version_id ON spoof_activation (version_id);
CREATE INDEX ix_spoof_mistake_added_at ON spoof_mistake (added_at);
CREATE INDEX ix_spoof_mistake_version_id ON spoof_mistake (version_id);
CREATE INDEX ix_password_link_account ON password_link (site, account_id);
CREATE INDEX ix_password_link_expires_at ON password_link (expires_at);
CREATE INDEX ix_password_link_try_at ON password_link (try_at);
CREATE INDEX ix_audit_entry_act ON audit_entry (act, at);
CREATE INDEX ix_audit_entry_actor ON audit_entry (actor, at);
CREATE INDEX ix_audit_entry_subject ON audit_entry (subject, at);
CREATE INDEX ix_audit_entry_student_id ON audit_entry (student_id);
CREATE UNIQUE INDEX ix_student_erasure_key ON student (erasure_key);
